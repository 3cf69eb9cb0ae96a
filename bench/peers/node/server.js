// The application of the comparison on Node.js's cluster module: its documented way to
// replace workers that die, and to restart them one by one on SIGHUP.
'use strict';
const cluster = require('node:cluster');
const http = require('node:http');

if (cluster.isPrimary) {
  const workers = Number(process.env.CLUSTER_WORKERS);
  const one = () => new Promise((done) => { cluster.fork().once('listening', done); });
  let stopping = false;
  cluster.on('exit', (worker) => { if (!stopping && !worker.exitedAfterDisconnect) cluster.fork(); });
  process.on('SIGTERM', () => {
    stopping = true;
    for (const w of Object.values(cluster.workers)) w.process.kill('SIGTERM');
  });
  process.on('SIGHUP', async () => {
    for (const old of Object.values(cluster.workers)) {
      await one();
      const gone = new Promise((done) => { old.once('exit', done); });
      old.send('close');
      old.disconnect();
      await gone;
    }
    console.log('reloaded');
  });
  Promise.all(Array.from({ length: workers }, one)).then(() => console.log('ready'));
} else {
  const name = String(cluster.worker.id);
  const server = http.createServer((req, res) => {
    const id = Number(req.url.slice('/accounts/'.length));
    const body = JSON.stringify({ id, owner: 'owner ' + id, balance: (id * 7919) % 10000 });
    res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body), 'X-Worker': name });
    res.end(body);
  });
  server.keepAliveTimeout = 60000;
  process.on('message', (m) => { if (m === 'close') server.closeIdleConnections(); });
  server.listen(Number(process.env.PORT), '127.0.0.1');
}
