// What a wallet does, done by polkadot-api over the chainHead methods: prints one JSON object.
// Usage: node papi_wallet.mjs ws://127.0.0.1:9944
import { Binary, createClient } from 'polkadot-api';
import { getPolkadotSigner } from 'polkadot-api/signer';
import { getWsProvider } from 'polkadot-api/ws';
import { Keyring } from '@polkadot/keyring';
import { cryptoWaitReady } from '@polkadot/util-crypto';

const UNIT = 10n ** 12n;

await cryptoWaitReady();
const client = createClient(getWsProvider(process.argv[2]));
const api = client.getUnsafeApi();
const ed = new Keyring({ type: 'ed25519' });
const sr = new Keyring({ type: 'sr25519' });
const [alice, dest] = [ed.addFromUri('//Alice'), ed.addFromUri('//Somebody')];
const srAlice = sr.addFromUri('//Alice');
const signerOf = (pair, type) => getPolkadotSigner(pair.publicKey, type, (data) => pair.sign(data));
const signers = [[alice, signerOf(alice, 'Ed25519')], [srAlice, signerOf(srAlice, 'Sr25519')]];
const aliceSigner = signers[0][1];

const free = async (who) => (await api.query.System.Account.getValue(who.address)).data.free;
const names = (result) => result.events.map((event) => `${event.type}.${event.value.type}`);
const plain = (value) => JSON.parse(JSON.stringify(value, (_, each) => (
  typeof each === 'bigint' ? each.toString() : each?.asHex ? each.asHex() : each
)));

async function lookAround() {
  const spec = await client.getChainSpecData();
  const [best, ...older] = await client.getBestBlocks();
  const final = await client.getFinalizedBlock();
  const header = await client.getBlockHeader();
  const version = await api.constants.System.Version();
  return {
    name: spec.name, genesis: spec.genesisHash, properties: spec.properties,
    best: best.number, final: final.number, unfinalized: older.length,
    header: header.number, spec: version.spec_name,
    deposit: String(await api.constants.Balances.ExistentialDeposit()),
  };
}

async function transfer() {
  const transfers = [];
  for (const [key, signer] of signers) {
    const call = { dest: { type: 'Id', value: dest.address }, value: 5n * UNIT };
    const tx = api.tx.Balances.transfer_keep_alive(call);
    const before = await free(key);
    const fee = await tx.getEstimatedFees(key.address);
    const result = await tx.signAndSubmit(signer);
    const spent = before - await free(key);
    transfers.push({
      ok: result.ok, fee: String(fee), spent: String(spent), events: names(result),
      index: result.block.index,
    });
  }
  const call = { dest: { type: 'Id', value: dest.address }, value: UNIT };
  const watched = await new Promise((resolve, reject) => {
    const steps = [];
    api.tx.Balances.transfer_allow_death(call)
      .signSubmitAndWatch(aliceSigner, { mortality: { mortal: true, period: 64 }, tip: 5n })
      .subscribe({
        next: (event) => {
          steps.push(event.type);
          if (event.type === 'finalized') resolve({ ok: event.ok, steps });
        },
        error: reject,
      });
  });
  return { transfers, watched, received: String(await free(dest)) };
}

async function register() {
  const root = `0x${'44'.repeat(32)}`;
  const dataset = {
    plain_root: root, cipher_root: undefined, key_commit: undefined, items: 10n,
    chunk_bytes: 1024, size_bytes: 4096n, schema_hash: root, gold_commit: undefined,
  };
  const params = {
    body: { type: 'Dataset', value: dataset }, manifest_root: root, parents: [],
    royalty_bps: 100, ttl: 1000,
  };
  const done = await api.tx.Registry.register(params).signAndSubmit(aliceSigner);
  const missing = await api.tx.Registry.heartbeat({ record: 99n }).signAndSubmit(aliceSigner);
  const entries = await api.query.Registry.Record.getEntries();
  return {
    ok: done.ok, events: names(done), entries: entries.length,
    record: plain(await api.query.Registry.Record.getValue(0n)),
    absent: (await api.query.Registry.Record.getValue(99n)) === undefined,
    missing: { ok: missing.ok, error: plain(missing.dispatchError) },
  };
}

async function refused() {
  try {
    const tx = api.tx.System.remark({ remark: Binary.fromHex('0x00') });
    await tx.signAndSubmit(aliceSigner, { nonce: 0 });
  } catch (error) {
    return plain(error.error ?? error.message);
  }
  return null;
}

async function readBack() {
  const watch = (source, count) => new Promise((resolve, reject) => {
    const values = [];
    const subscription = source.subscribe({
      next: (value) => {
        values.push(value);
        if (values.length === count) {
          resolve(values);
          setTimeout(() => subscription.unsubscribe());
        }
      },
      error: reject,
    });
  });
  const finals = await watch(client.finalizedBlock$, 3);
  const times = await watch(api.query.Timestamp.Now.watchValue({ at: 'best' }), 2);
  const body = await client.getBlockBody(finals[2].hash);
  const accounts = await api.query.System.Account.getEntries();
  const nonce = await api.apis.AccountNonceApi.account_nonce(alice.address);
  return {
    finals: finals.map((block) => block.number), times: times.length, body: body.length,
    accounts: accounts.length, nonce,
  };
}

const seen = {
  around: await lookAround(), transfer: await transfer(), register: await register(),
  refused: await refused(), back: await readBack(),
};
client.destroy();
console.log(JSON.stringify(seen));
process.exit(0);
