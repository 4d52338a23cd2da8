/** Kubernetes' expansion: `$(NAME)` becomes the variable, `$$(NAME)` stays `$(NAME)`, unknown names stay as written. */
export function expandVariables(text: string, env: { readonly [name: string]: string }): string {
  return text.replaceAll(/(\$?)\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)/g, (all, doubled: string, name: string) => {
    if (doubled !== '') return all.slice(1);
    return Object.hasOwn(env, name) ? (env[name] ?? '') : all;
  });
}

/** An argument that a runner passes on as it is, whatever `$(…)` it holds. */
export function literalArgument(text: string): string {
  return text.replaceAll('$(', '$$$$(');
}
