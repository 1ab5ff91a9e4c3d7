import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface PageAssets {
  readonly script: string;
  readonly style: string;
}

let known: Promise<PageAssets> | undefined;

/** The page's script and style, uPlot among them. */
export function pageAssets(): Promise<PageAssets> {
  return (known ??= load());
}

/** `npm run build` leaves both beside this file; where the sources run themselves, they are bundled here, the same way. */
async function load(): Promise<PageAssets> {
  const built = { script: new URL('./page.js', import.meta.url), style: new URL('./page.css', import.meta.url) };
  if (existsSync(built.script))
    return { script: readFileSync(built.script, 'utf8'), style: readFileSync(built.style, 'utf8') };
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('./page/main.ts', import.meta.url))],
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    conditions: ['@sentinel/source'],
    write: false,
    outdir: '.',
  });
  const text = (extension: string) => outputFiles.find(({ path }) => path.endsWith(extension))!.text;
  return { script: text('.js'), style: text('.css') };
}
