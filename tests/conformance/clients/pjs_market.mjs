// A requester and a provider's owner who know this chain by its metadata alone, through
// @polkadot/api: a model is registered, a job is posted, and the node's provider fills it.
// Prints one JSON object. Usage: node pjs_market.mjs ws://127.0.0.1:9944 MODEL
// where MODEL is JSON: {"body": …, "blobs": ["0x…"], "inputs": "0x…", "inputRoot": "0x…", "rows": 3}
import { ApiPromise, WsProvider } from '@polkadot/api';
import { Keyring } from '@polkadot/keyring';
import { cryptoWaitReady } from '@polkadot/util-crypto';

const UNIT = 10n ** 12n;
const MANIFEST = `0x${'55'.repeat(32)}`;
const TTL = 1000;
const model = JSON.parse(process.argv[3]);

await cryptoWaitReady();
const provider = new WsProvider(process.argv[2]);
const api = await ApiPromise.create({ provider, noInitWarn: true });
const keys = new Keyring({ type: 'ed25519' });
const [alice, bob, charlie] = ['//Alice', '//Bob', '//Charlie'].map((uri) => keys.addFromUri(uri));

/** Signs a batch of calls, waits until they are in a block, and gives back their events. */
function send(key, ...calls) {
  return new Promise((resolve, reject) => {
    let stop = () => {};
    api.tx.utility.batchAll(calls).signAndSend(key, { nonce: -1 }, (result) => {
      if (result.isError) reject(new Error(result.status.type));
      // A busy client skips inBlock when finalized follows at once.
      if (!result.status.isInBlock && !result.status.isFinalized) return;
      stop();
      if (result.dispatchError) reject(new Error(result.dispatchError.toString()));
      else resolve(result.events.map(({ event }) => event));
    }).then((unsubscribe) => { stop = unsubscribe; }, reject);
  });
}
const recordOf = (events) => events.find((each) => api.events.registry.Registered.is(each)).data.record;

const { market, registry, bonds } = api.tx;
const blobs = model.blobs.map((blob) => registry.putBlob(blob));
const registered = await send(
  bob, ...blobs, registry.register({ Model: model.body }, MANIFEST, [], 1000, TTL),
);
const service = {
  endpoint: '', attributes: [], prices: [{ kind: 'Infer', unitPrice: 1 }], maxParallel: 4,
};
console.error('registered the model', recordOf(registered).toNumber());
await send(
  charlie, registry.register({ Provider: service }, MANIFEST, [], 0, TTL),
  bonds.bond('Provider', 200n * UNIT),
);
const spec = {
  model: recordOf(registered), version: null, inputs: model.inputRoot,
  rows: model.rows, rowsPerSlot: 1, replicas: 1,
};
const terms = { openBlocks: 100, workBlocks: 100, attempts: 3 };
const posted = await send(
  alice, registry.putBlob(model.inputs),
  market.post({ Infer: spec }, { Posted: { price: 2n * UNIT } }, 'Replay', terms),
);
const job = posted.find((each) => api.events.market.JobPosted.is(each)).data.job;

console.error('posted job', job.toNumber());
const slots = Array.from({ length: model.rows }, (_, slot) => slot);
const states = () => Promise.all(slots.map(async (slot) => (
  (await api.query.market.slot(job, slot)).unwrap().state.toString()
)));
await new Promise((resolve, reject) => {
  api.rpc.chain.subscribeNewHeads(async () => {
    if ((await states()).every((state) => state === 'Settled')) resolve();
  }).catch(reject);
});
const seen = {
  body: (await api.query.registry.version(spec.model, 1)).unwrap().body.toJSON(),
  slots: await states(),
  outputs: await Promise.all(slots.map(async (slot) => (
    (await api.query.market.output(job, slot)).unwrap().toHex()
  ))),
  byRpc: await Promise.all(slots.map((slot) => (
    provider.send('market_getOutput', [job.toNumber(), slot])
  ))),
  stats: (await api.query.market.stats(1)).toJSON(),
};
await api.disconnect();
console.log(JSON.stringify(seen));
process.exit(0);
