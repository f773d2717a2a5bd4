// What a wallet's multisig and proxy pages do, done by @polkadot/api: prints what it saw as JSON.
// Usage: node pjs_together.mjs ws://127.0.0.1:9944
import { ApiPromise, WsProvider } from '@polkadot/api';
import { Keyring } from '@polkadot/keyring';
import { cryptoWaitReady, encodeMultiAddress, sortAddresses } from '@polkadot/util-crypto';

const UNIT = 10n ** 12n;

await cryptoWaitReady();
const api = await ApiPromise.create({ provider: new WsProvider(process.argv[2]), noInitWarn: true });
const ed = new Keyring({ type: 'ed25519' });
const [alice, bob, carol, dest] = ['//Alice', '//Bob', '//Carol of the clients', '//Somebody']
  .map((uri) => ed.addFromUri(uri));
const people = [alice, bob, carol].map(({ address }) => address);
const multi = encodeMultiAddress(people, 2);

const free = async (address) => String((await api.query.system.account(address)).data.free);
const othersOf = ({ address }) => sortAddresses(people.filter((each) => each !== address));

/** Signs and submits; the result once it is in a block. */
function send(tx, key) {
  return new Promise((resolve, reject) => {
    let stop = () => {};
    tx.signAndSend(key, { nonce: -1 }, (result) => {
      if (result.isError) reject(new Error(result.status.type));
      if (result.status.isInBlock || result.status.isFinalized) {
        stop();
        resolve(result);
      }
    }).then((unsubscribe) => { stop = unsubscribe; }, reject);
  });
}

async function fund() {
  const gifts = [multi, carol.address].map((to) => api.tx.balances.transferKeepAlive(to, 50n * UNIT));
  await send(api.tx.utility.batchAll(gifts), alice);
}

async function multisig() {
  const call = api.tx.balances.transferKeepAlive(dest.address, 7n * UNIT);
  const hash = call.method.hash;
  const { weight } = await call.paymentInfo(alice);
  const opened = await send(api.tx.multisig.approveAsMulti(2, othersOf(carol), null, hash, weight), carol);
  const info = (await api.query.multisig.multisigs(multi, hash)).unwrap();
  const entries = await api.query.multisig.multisigs.entries(multi);
  const last = await send(api.tx.multisig.asMulti(2, othersOf(bob), info.when, call.method, weight), bob);
  const { event } = last.findRecord('multisig', 'MultisigExecuted');
  return {
    opened: opened.findRecord('multisig', 'NewMultisig').event.data.multisig.toString(),
    depositor: info.depositor.toString(),
    approvals: info.approvals.length,
    entries: entries.length,
    executed: event.data.result.isOk,
    closed: (await api.query.multisig.multisigs(multi, hash)).isNone,
    got: await free(dest.address),
  };
}

async function proxy() {
  await send(api.tx.proxy.addProxy(carol.address, 'NonTransfer', 0), alice);
  const [list] = await api.query.proxy.proxies(alice.address);
  const results = [];
  for (const call of [
    api.tx.system.remarkWithEvent('0x01'),
    api.tx.balances.transferKeepAlive(dest.address, UNIT),
  ]) {
    const done = await send(api.tx.proxy.proxy(alice.address, null, call.method), carol);
    const { result } = done.findRecord('proxy', 'ProxyExecuted').event.data;
    if (result.isOk) results.push('Ok');
    else {
      const { section, name } = api.registry.findMetaError(result.asErr.asModule);
      results.push(`${section}.${name}`);
    }
  }
  await send(api.tx.proxy.removeProxies(), alice);
  const made = await send(api.tx.proxy.createPure('Any', 0, 0), bob);
  const pure = made.findRecord('proxy', 'PureCreated').event.data.pure.toString();
  await send(api.tx.balances.transferKeepAlive(pure, 3n * UNIT), bob);
  const give = api.tx.balances.transferAllowDeath(dest.address, UNIT);
  const acted = await send(api.tx.proxy.proxy(pure, null, give.method), bob);
  return {
    list: list.toJSON(),
    results,
    left: (await api.query.proxy.proxies(alice.address))[0].length,
    acted: acted.findRecord('proxy', 'ProxyExecuted').event.data.result.isOk,
    pureFree: await free(pure),
  };
}

async function preimage() {
  const content = api.tx.system.remark('0x1234').method.toHex();
  const noted = await send(api.tx.preimage.notePreimage(content), bob);
  const hash = noted.findRecord('preimage', 'Noted').event.data[0];
  const status = (await api.query.preimage.requestStatusFor(hash)).unwrap();
  const length = status.asUnrequested.len;
  const stored = await api.query.preimage.preimageFor([hash, length]);
  await send(api.tx.preimage.unnotePreimage(hash), bob);
  return {
    same: stored.unwrap().toHex() === content,
    owner: status.asUnrequested.ticket[0].toString(),
    gone: (await api.query.preimage.requestStatusFor(hash)).isNone,
  };
}

await fund();
const seen = {
  multi,
  people,
  multisig: await multisig(),
  proxy: await proxy(),
  preimage: await preimage(),
  agenda: (await api.query.scheduler.agenda.entries()).length,
  tasks: api.consts.scheduler.maxScheduledPerBlock.toNumber(),
};
console.log(JSON.stringify(seen));
await api.disconnect();
process.exit(0);
