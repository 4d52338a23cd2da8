import type { Command } from 'commander';
import { withExample } from './options.ts';
import { UsageError } from './usage-error.ts';

/** `slipway completion`: a script for the shell, made from the command tree. */
export function registerCompletion(program: Command): void {
  const command = program
    .command('completion')
    .description('print a completion script for bash or zsh')
    .argument('<shell>', 'bash or zsh')
    .action(async (shell: string) => {
      if (shell !== 'bash' && shell !== 'zsh')
        throw new UsageError(`there is no completion for ${shell}`, 'use bash or zsh');
      const { createProgram } = await import('./program.ts');
      process.stdout.write(completionScript(await createProgram(), shell));
    });
  withExample(command, 'source <(slipway completion bash)');
}

function completionScript(program: Command, shell: 'bash' | 'zsh'): string {
  const cases = program.commands.flatMap((command) => [
    ...command.commands.map((child) => [`${command.name()} ${child.name()}`, wordsOf(child)] as const),
    [command.name(), wordsOf(command)] as const,
  ]);
  const body = cases.map(([path, words]) => `    "${path}"*) words="${words}" ;;`);
  const prelude = shell === 'zsh' ? 'autoload -U +X bashcompinit && bashcompinit\n' : '';
  return `${prelude}_slipway() {
  local words typed="\${COMP_WORDS[*]:1:COMP_CWORD-1}"
  case "$typed" in
${body.join('\n')}
    *) words="${wordsOf(program)}" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _slipway slipway
`;
}

function wordsOf(command: Command): string {
  const children = command.commands.map((child) => child.name());
  const options = command.options.filter((option) => !option.hidden).map((option) => option.long ?? '');
  return [...children, ...options].filter(Boolean).join(' ');
}
