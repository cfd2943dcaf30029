// What browsers get: the widget's one file and its style, for anywidget to send; and JupyterLab's
// part in one piece, which its own builder then wraps. Types are `npm run check`'s to check.
import { build } from 'esbuild';

const common = { bundle: true, format: 'esm', target: 'es2022', logLevel: 'warning' };

await build({
  ...common,
  entryPoints: [
    { in: 'src/cell/index.ts', out: 'widget' },
    { in: 'style/index.css', out: 'widget' },
  ],
  outdir: '../pydra_oar_jupyter/notebook/widgets/static',
  minify: true,
  legalComments: 'none',
});

await build({
  ...common,
  entryPoints: ['src/lab/index.ts'],
  outfile: 'lib/lab/index.js',
  external: ['@jupyterlab/*', '@lumino/*'],
});
