// What a wallet does, done by @polkadot/api: prints one JSON object of what it saw.
// Usage: node pjs_wallet.mjs ws://127.0.0.1:9944
import { ApiPromise, WsProvider } from '@polkadot/api';
import { Keyring } from '@polkadot/keyring';
import { cryptoWaitReady } from '@polkadot/util-crypto';

const UNIT = 10n ** 12n;
const UNKNOWN = 99;

await cryptoWaitReady();
const api = await ApiPromise.create({ provider: new WsProvider(process.argv[2]), noInitWarn: true });
const ed = new Keyring({ type: 'ed25519' });
const sr = new Keyring({ type: 'sr25519' });
const alice = ed.addFromUri('//Alice');
const srAlice = sr.addFromUri('//Alice');
const dest = ed.addFromUri('//Somebody');

const free = async (who) => (await api.query.system.account(who.address)).data.free.toBigInt();
const names = (result) => result.events.map(({ event }) => `${event.section}.${event.method}`);

/** Signs, submits and watches; the result in a block, or final, with every status on the way. */
function send(tx, key, { final = false, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const statuses = [];
    let stop = () => {};
    tx.signAndSend(key, { nonce: -1, ...options }, (result) => {
      statuses.push(result.status.type);
      if (result.isError) reject(new Error(result.status.type));
      // A busy client skips inBlock when finalized follows at once.
      if (result.status.isFinalized || (!final && result.status.isInBlock)) {
        stop();
        resolve({ result, statuses });
      }
    }).then((unsubscribe) => { stop = unsubscribe; }, reject);
  });
}

/** What a failed transaction says: the name of a pallet's error, or the kind of another. */
function errorOf({ dispatchError }) {
  if (!dispatchError) return null;
  if (!dispatchError.isModule) return dispatchError.toString();
  const { section, name, docs } = api.registry.findMetaError(dispatchError.asModule);
  return { section, name, docs: docs.join(' ') };
}

async function lookAround() {
  const header = await api.rpc.chain.getHeader();
  return {
    chain: (await api.rpc.system.chain()).toString(),
    type: (await api.rpc.system.chainType()).toString(),
    spec: api.runtimeVersion.specName.toString(),
    metadata: api.runtimeMetadata.version,
    prefix: api.registry.chainSS58,
    decimals: api.registry.chainDecimals,
    tokens: api.registry.chainTokens,
    genesis: api.genesisHash.toHex(),
    extensions: api.registry.signedExtensions,
    pallets: Object.keys(api.tx),
    deposit: api.consts.balances.existentialDeposit.toString(),
    sameHash: header.hash.eq(await api.rpc.chain.getBlockHash(header.number.unwrap())),
    calls: Object.keys(api.call),
  };
}

async function transfer() {
  const transfers = [];
  for (const key of [alice, srAlice]) {
    const tx = api.tx.balances.transferKeepAlive(dest.address, 5n * UNIT);
    const before = await free(key);
    const fee = (await tx.paymentInfo(key)).partialFee.toBigInt();
    const { result, statuses } = await send(tx, key);
    const spent = before - await free(key);
    const [from, to, amount] = result.findRecord('balances', 'Transfer').event.data;
    transfers.push({
      fee: String(fee), spent: String(spent), statuses, events: names(result), index: result.txIndex,
      transfer: [from.eq(key.address), to.eq(dest.address), amount.toString()],
    });
  }
  const tx = api.tx.balances.transferAllowDeath(dest.address, UNIT);
  const { result, statuses } = await send(tx, alice, { tip: 5, era: 32, final: true });
  const block = await api.rpc.chain.getBlock(result.status.asFinalized);
  const included = block.block.extrinsics[result.txIndex];
  return {
    transfers,
    mortal: {
      statuses, era: included.era.toHuman(), tip: included.tip.toString(), events: names(result),
    },
    received: String(await free(dest)),
  };
}

async function register() {
  const root = '0x' + '33'.repeat(32);
  const dataset = {
    plainRoot: root, cipherRoot: null, keyCommit: null, items: 10, chunkBytes: 1024,
    sizeBytes: 4096, schemaHash: root, goldCommit: null,
  };
  const tx = api.tx.registry.register({ Dataset: dataset }, root, [], 100, 1000);
  const { result } = await send(tx, alice);
  const missing = await send(api.tx.registry.heartbeat(UNKNOWN), alice);
  const noJob = await send(api.tx.market.cancel(UNKNOWN), alice);
  const tooMuch = await send(api.tx.balances.transferKeepAlive(dest.address, 10n ** 30n), alice);
  const batch = await send(api.tx.utility.batchAll([
    api.tx.system.remark('0x00'), api.tx.registry.heartbeat(0),
  ]), alice);
  return {
    error: errorOf(result),
    record: (await api.query.registry.record(0)).toJSON(),
    entries: (await api.query.registry.record.entries()).length,
    absent: (await api.query.registry.record(UNKNOWN)).isNone,
    missing: errorOf(missing.result),
    noJob: errorOf(noJob.result),
    tooMuch: errorOf(tooMuch.result),
    batch: names(batch.result),
  };
}

async function refused() {
  const texts = {};
  const tries = {
    stale: () => api.tx.system.remark('0x01').signAndSend(alice, { nonce: 0 }),
    twice: async () => {
      const nonce = (await api.rpc.system.accountNextIndex(alice.address)).toNumber() + 1;
      const tx = await api.tx.system.remark('0x02').signAsync(alice, { nonce });
      await api.rpc.author.submitExtrinsic(tx);
      await api.rpc.author.submitExtrinsic(tx);
    },
    garbage: () => api.rpc.state.call('Nothing_here', '0x'),
  };
  for (const [name, act] of Object.entries(tries)) {
    try {
      await act();
      texts[name] = null;
    } catch (error) {
      texts[name] = error.message;
    }
  }
  return texts;
}

const seen = {
  around: await lookAround(), transfer: await transfer(), register: await register(),
  refused: await refused(),
};
await api.disconnect();
console.log(JSON.stringify(seen));
process.exit(0);
