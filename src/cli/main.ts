import { reportFailure } from './failure.ts';
import { runProgram } from './program.ts';

// A reader such as `head` that has seen enough closes the pipe; that is no failure of the command.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

try {
  await runProgram(process.argv.slice(2));
} catch (error) {
  process.exitCode = reportFailure(error, (text) => process.stderr.write(text));
}
