// What the polkadot.js apps do at start and on their pages, through @polkadot/api.
// Prints one JSON object. Usage: node pjs_explorer.mjs ws://127.0.0.1:9944
import { ApiPromise, HttpProvider, WsProvider } from '@polkadot/api';
import { Keyring } from '@polkadot/keyring';
import { cryptoWaitReady } from '@polkadot/util-crypto';

await cryptoWaitReady();
const url = process.argv[2];
const api = await ApiPromise.create({ provider: new WsProvider(url), noInitWarn: true });
const alice = new Keyring({ type: 'ed25519' }).addFromUri('//Alice');

/** The first `count` values of a subscription, after which it is ended. */
function take(count, subscribe) {
  return new Promise((resolve, reject) => {
    const values = [];
    let stop;
    subscribe((value) => {
      values.push(value);
      if (values.length === count) {
        resolve(values);
        stop?.();
      }
    }).then((unsubscribe) => {
      stop = unsubscribe;
      if (values.length >= count) stop();
    }, reject);
  });
}
const first = async (subscribe) => (await take(1, subscribe))[0];
const numbers = (headers) => headers.map((header) => header.number.toNumber());

async function startUp() {
  const [chain, name, version, health, peers, roles, sync, id, addresses] = await Promise.all([
    api.rpc.system.chain(), api.rpc.system.name(), api.rpc.system.version(),
    api.rpc.system.health(), api.rpc.system.peers(), api.rpc.system.nodeRoles(),
    api.rpc.system.syncState(), api.rpc.system.localPeerId(),
    api.rpc.system.localListenAddresses(),
  ]);
  return {
    chain: chain.toString(), name: name.toString(), version: version.toString(),
    health: health.toJSON(), peers: peers.length, roles: roles.toJSON(),
    sync: sync.toJSON(), id: id.toString(), addresses: addresses.length,
    methods: (await api.rpc.rpc.methods()).methods.length,
  };
}

async function explorer() {
  const heads = await take(3, (on) => api.rpc.chain.subscribeNewHeads(on));
  const final = await take(3, (on) => api.rpc.chain.subscribeFinalizedHeads(on));
  const all = await take(2, (on) => api.rpc.chain.subscribeAllHeads(on));
  const times = await take(2, (on) => api.query.timestamp.now(on));
  const last = heads[2];
  const at = await api.at(last.hash);
  const [block, events, derived] = await Promise.all([
    api.rpc.chain.getBlock(last.hash), at.query.system.events(),
    api.derive.chain.getBlock(last.hash),
  ]);
  return {
    heads: numbers(heads), final: numbers(final), all: numbers(all),
    times: times.map((each) => each.toNumber()),
    sameHash: block.block.header.hash.eq(last.hash),
    extrinsics: block.block.extrinsics.map(({ method }) => `${method.section}.${method.method}`),
    derived: derived.extrinsics.map(({ dispatchError }) => dispatchError ?? null),
    events: events.length,
    lag: (await first((on) => api.derive.chain.bestNumberLag(on))).toNumber(),
    digest: last.digest.logs.map((log) => log.type),
    weights: api.consts.system.blockWeights.maxBlock.refTime.toString(),
    interval: api.consts.timestamp.minimumPeriod.toNumber(),
    issuance: (await first((on) => api.query.balances.totalIssuance(on))).toString(),
    inactive: (await first((on) => api.query.balances.inactiveIssuance(on))).toString(),
    upgrade: (await api.query.system.lastRuntimeUpgrade()).toJSON(),
    pending: (await api.rpc.author.pendingExtrinsics()).length,
  };
}

async function accounts() {
  const all = await first((on) => api.derive.balances.all(alice.address, on));
  const [number, account] = await first((on) => api.queryMulti(
    [api.query.system.number, [api.query.system.account, alice.address]], on,
  ));
  return {
    free: all.freeBalance.toString(), locks: all.lockedBreakdown.length,
    info: (await api.derive.accounts.info(alice.address)).accountId.toString(),
    number: number.toNumber(), nonce: account.nonce.toNumber(),
    next: (await api.rpc.system.accountNextIndex(alice.address)).toNumber(),
    byApi: (await api.call.accountNonceApi.accountNonce(alice.address)).toNumber(),
    address: alice.address,
  };
}

async function chainState() {
  const prefix = api.query.system.account.keyPrefix();
  const page = await api.rpc.state.getKeysPaged(prefix, 5);
  const next = await api.rpc.state.getKeysPaged(prefix, 5, page[4]);
  let refused = '';
  try {
    await api.rpc.state.getKeysPaged(prefix, 1001);
  } catch (error) {
    refused = error.message;
  }
  const tx = api.tx.system.remark('0x00');
  const details = await api.call.transactionPaymentApi.queryFeeDetails(tx.toHex(), 10);
  return {
    page: page.length, next: next.length, ordered: page[4].toHex() < next[0].toHex(),
    refused,
    code: (await api.rpc.state.getStorage(':code')).toString(),
    codeSize: (await api.rpc.state.getStorageSize(':code')).toNumber(),
    codeHash: (await api.rpc.state.getStorageHash(':code')).toHex(),
    metadata: (await api.rpc.state.getMetadata()).version,
    pairs: (await api.rpc.state.getPairs(prefix)).length,
    base: details.inclusionFee.unwrap().baseFee.toString(),
    spec: (await api.call.core.version()).specName.toString(),
    subscribed: (await first((on) => api.rpc.state.subscribeRuntimeVersion(on))).specName.toString(),
  };
}

async function overHttp() {
  const provider = new HttpProvider(url.replace('ws:', 'http:'));
  return { chain: await provider.send('system_chain', []) };
}

const seen = {
  start: await startUp(), explorer: await explorer(), accounts: await accounts(),
  state: await chainState(), http: await overHttp(),
};
await api.disconnect();
console.log(JSON.stringify(seen));
process.exit(0);
