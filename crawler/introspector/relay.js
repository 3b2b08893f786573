// Runs inside the box of an install step: an HTTP proxy's address there, passed on to the socket that leads out.
// Called as: SOCKET PORT COMMAND... It runs the command and ends with it.
const { connect, createServer } = require('node:net');
const { spawn } = require('node:child_process');

const [socket, port, command, ...words] = process.argv.slice(2);

const server = createServer({ allowHalfOpen: true }, (one) => {
  const other = connect({ path: socket, allowHalfOpen: true });
  for (const [from, to] of [[one, other], [other, one]]) {
    from.on('error', () => to.destroy());
    from.pipe(to);
  }
});
server.listen(Number(port), '127.0.0.1', () => {
  spawn(command, words, { stdio: 'inherit' }).on('exit', (code) => process.exit(code ?? 1));
});
