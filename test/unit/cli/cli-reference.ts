import type { Command } from 'commander';

const INTRODUCTION = `# The command \`slipway\`

<!-- Written by test/unit/cli/reference.test.ts from the commands themselves: UPDATE_DOCS=1 rewrites it. -->

Every command has \`--help\` with an example. Commands that print something take \`-o json\`: stdout then holds that JSON
and nothing else, while progress, notes and errors go to stderr. \`NO_COLOR\` is honoured.

| exit code | meaning |
|---|---|
| 0 | done; the outcome is a pass where there is one |
| 1 | a warning: the verdict of the gate, findings with \`--strict\`, a request that nobody answered |
| 2 | the delivery, sequence or evaluation failed, was aborted or timed out; \`validate\` or \`doctor\` found errors |
| 3 | the command itself could not do its work: wrong usage, unknown names, no API; one sentence on stderr says why, a hint what to do |

Where the commands find the API, and every setting: [configuration.md](configuration.md).
`;

/** docs/cli.md: the help of every command, in the order of the command tree. */
export function renderReference(program: Command): string {
  const sections = leaves(program).map(
    (command) => `## ${pathOf(command)}\n\n\`\`\`text\n${helpOf(command)}\n\`\`\`\n`,
  );
  return [INTRODUCTION, ...sections].join('\n');
}

function leaves(command: Command): Command[] {
  const children = command.commands.flatMap(leaves);
  return children.length === 0 ? [command] : children;
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

function helpOf(command: Command): string {
  const lines: string[] = [];
  command.configureOutput({
    writeOut: (text) => lines.push(text),
    getOutHelpWidth: () => 100,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return lines.join('').trimEnd();
}
