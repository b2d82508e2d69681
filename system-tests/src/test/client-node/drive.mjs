// Drives the cluster of $KUBECONFIG with Kubernetes' own client for Node.js. The argument names what to do; ends with 0
// when all of it went as it should, else says what did not.
import assert from 'node:assert/strict';
import net from 'node:net';
import { Writable } from 'node:stream';
import * as k8s from '@kubernetes/client-node';

const NAMESPACE = 'default';
const config = new k8s.KubeConfig();
config.loadFromDefault();
const core = config.makeApiClient(k8s.CoreV1Api);

/** A promise that somebody else fulfils. */
function later() {
  let resolve;
  const promise = new Promise((done) => (resolve = done));
  return { promise, resolve };
}

/** Collects what is written to it, and tells when a test of it holds. */
class Sink extends Writable {
  text = '';
  #waiting = [];

  _write(chunk, _encoding, done) {
    this.text += chunk.toString();
    this.#waiting = this.#waiting.filter(({ holds, resolve }) => !holds(this.text) || resolve());
    done();
  }

  until(holds) {
    const { promise, resolve } = later();
    if (holds(this.text)) resolve();
    else this.#waiting.push({ holds, resolve });
    return promise;
  }
}

const map = (name, data) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: NAMESPACE }, data });

async function objects() {
  const namespaces = await core.listNamespace();
  const names = namespaces.items.map((n) => n.metadata.name);
  for (const name of ['default', 'kube-system', 'kube-public', 'kube-node-lease']) assert.ok(names.includes(name), name);

  const created = await core.createNamespacedConfigMap({ namespace: NAMESPACE, body: map('node-a', { k: '1' }) });
  assert.ok(created.metadata.creationTimestamp instanceof Date);
  created.data.k = '2';
  const replaced = await core.replaceNamespacedConfigMap({ name: 'node-a', namespace: NAMESPACE, body: created });
  assert.equal(replaced.data.k, '2');

  const stale = { ...created, metadata: { ...created.metadata, resourceVersion: '1' } };
  await assert.rejects(
    core.replaceNamespacedConfigMap({ name: 'node-a', namespace: NAMESPACE, body: stale }),
    (e) => e instanceof k8s.ApiException && e.code === 409,
  );

  const merged = await core.patchNamespacedConfigMap(
    { name: 'node-a', namespace: NAMESPACE, body: { data: { l: '3' } } },
    k8s.setHeaderOptions('Content-Type', k8s.PatchStrategy.MergePatch),
  );
  assert.deepEqual(merged.data, { k: '2', l: '3' });
  const patched = await core.patchNamespacedConfigMap({
    name: 'node-a',
    namespace: NAMESPACE,
    body: [{ op: 'remove', path: '/data/k' }],
  });
  assert.deepEqual(patched.data, { l: '3' });

  const objects = k8s.KubernetesObjectApi.makeApiClient(config);
  const applied = await objects.patch(
    map('node-b', { x: 'y' }),
    undefined,
    undefined,
    'node-test',
    true,
    k8s.PatchStrategy.ServerSideApply,
  );
  assert.equal(applied.metadata.managedFields[0].manager, 'node-test');
  assert.equal(applied.metadata.managedFields[0].operation, 'Apply');
  const read = await objects.read({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'node-b', namespace: NAMESPACE } });
  assert.deepEqual(read.data, { x: 'y' });

  for (const name of ['node-a', 'node-b']) await core.deleteNamespacedConfigMap({ name, namespace: NAMESPACE });
  await assert.rejects(core.readNamespacedConfigMap({ name: 'node-a', namespace: NAMESPACE }), (e) => e.code === 404);
}

async function informer() {
  const seen = { add: later(), update: later(), delete: later() };
  const informer = k8s.makeInformer(config, `/api/v1/namespaces/${NAMESPACE}/configmaps`, () =>
    core.listNamespacedConfigMap({ namespace: NAMESPACE }),
  );
  for (const event of Object.keys(seen)) {
    informer.on(event, (o) => o.metadata.name === 'node-watched' && seen[event].resolve(o));
  }
  let stopped = false;
  informer.on('error', (e) => {
    if (!stopped) {
      console.error(e);
      process.exit(1);
    }
  });
  await informer.start();
  const body = map('node-watched', { k: '1' });
  await core.createNamespacedConfigMap({ namespace: NAMESPACE, body });
  assert.equal((await seen.add.promise).data.k, '1');
  assert.ok(informer.get('node-watched', NAMESPACE));
  body.data.k = '2';
  await core.replaceNamespacedConfigMap({ name: 'node-watched', namespace: NAMESPACE, body });
  assert.equal((await seen.update.promise).data.k, '2');
  await core.deleteNamespacedConfigMap({ name: 'node-watched', namespace: NAMESPACE });
  await seen.delete.promise;
  assert.equal(informer.get('node-watched', NAMESPACE), undefined);
  stopped = true;
  await informer.stop();
}

/** Waits by a watch until the pod is ready. */
async function ready(name) {
  const { promise, resolve } = later();
  const holds = (pod) => pod?.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True');
  const watch = await new k8s.Watch(config).watch(
    `/api/v1/namespaces/${NAMESPACE}/pods`,
    { fieldSelector: `metadata.name=${name}` },
    (_type, pod) => holds(pod) && resolve(),
    (e) => e && e.type !== 'aborted' && console.error(e),
  );
  await promise;
  watch.abort();
}

async function pod() {
  const name = 'node-pod';
  const command = 'mkdir /tmp/w; echo served > /tmp/w/index.html; echo hello from node; exec httpd -f -p 8080 -h /tmp/w';
  await core.createNamespacedPod({
    namespace: NAMESPACE,
    body: {
      metadata: { name },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [
          {
            name: 'main',
            image: 'coracle/demo:1',
            command: ['sh', '-c', command],
            readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
          },
        ],
      },
    },
  });
  await ready(name);

  const log = await core.readNamespacedPodLog({ name, namespace: NAMESPACE });
  assert.equal(log, 'hello from node\n');
  const followed = new Sink();
  const following = await new k8s.Log(config).log(NAMESPACE, name, 'main', followed, { follow: true });
  await followed.until((text) => text === 'hello from node\n');
  following.abort();

  const out = new Sink();
  const err = new Sink();
  const status = later();
  const shell = ['sh', '-c', 'echo inside; echo beside >&2; exit 3'];
  await new k8s.Exec(config).exec(NAMESPACE, name, 'main', shell, out, err, null, false, (s) => status.resolve(s));
  const ended = await status.promise;
  assert.equal(ended.status, 'Failure');
  assert.deepEqual(ended.details.causes[0], { reason: 'ExitCode', message: '3' });
  await out.until((text) => text === 'inside\n');
  await err.until((text) => text === 'beside\n');

  const forward = new k8s.PortForward(config);
  const server = net.createServer((socket) => forward.portForward(NAMESPACE, name, [8080], socket, null, socket));
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const answer = new Sink();
  const client = net.connect(server.address().port, '127.0.0.1');
  client.pipe(answer);
  client.write('GET / HTTP/1.0\r\nHost: x\r\n\r\n');
  await answer.until((text) => text.endsWith('served\n'));
  assert.match(answer.text, /^HTTP\/1\.[01] 200/);
  client.destroy();
  server.close();

  await core.deleteNamespacedPod({ name, namespace: NAMESPACE });
}

const steps = { objects, informer, pod };
await steps[process.argv[2]]();
console.log(`${process.argv[2]} went well`);
process.exit(0);
