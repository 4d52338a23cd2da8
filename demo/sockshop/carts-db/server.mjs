// Stand-in for the carts' database: it listens where mongo listens and says which version it plays. Nothing is stored.
import { createServer } from 'node:net';

const [version = '4.2.2'] = process.argv.slice(2);
const server = createServer((socket) => socket.on('error', () => socket.destroy()).resume());
server.listen(27017, '0.0.0.0', () => console.log(`carts-db stand-in for mongo ${version} listens on 27017`));
process.once('SIGTERM', () => process.exit(0));
