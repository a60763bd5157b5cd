// Writes dist/: GraphiQL with everything it needs, to be served from our own origin.

import { rmSync } from 'node:fs';
import { build } from 'esbuild';

rmSync('dist', { recursive: true, force: true });

await build({
  entryPoints: {
    graphiql: 'source/bundled.js',
    'graphql.worker': 'monaco-graphql/esm/graphql.worker.js',
    'json.worker': 'monaco-editor/esm/vs/language/json/json.worker.js',
    'editor.worker': 'monaco-editor/esm/vs/editor/editor.worker.js',
  },
  outdir: 'dist',
  assetNames: '[name]',
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2022',
  loader: { '.ttf': 'file' },
  define: { 'process.env.NODE_ENV': '"production"' },
  legalComments: 'linked',
  logLevel: 'warning',
});
