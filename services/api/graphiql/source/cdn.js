// GraphiQL from the public CDN, for a machine where nothing was bundled. Version 4 is the last one that comes as single
// files, so the browser can hold each of them to its hash: `openssl dgst -sha384 -binary FILE | base64`.

import { start } from './start.js';

const CDN = 'https://cdn.jsdelivr.net/npm/';
const PATIENCE_MS = 15_000;
const STYLE = [
  'graphiql@4.1.2/graphiql.min.css',
  'sha384-1el1QShFBnnXTx9x/Cprg82hZWKt0ry29OAYIXt05swbi0KcZDFoj0CWguMpopJr',
];
const SCRIPTS = [
  [
    'react@18.3.1/umd/react.production.min.js',
    'sha384-DGyLxAyjq0f9SPpVevD6IgztCFlnMF6oW/XQGmfe+IsZ8TqEiDrcHkMLKI6fiB/Z',
  ],
  [
    'react-dom@18.3.1/umd/react-dom.production.min.js',
    'sha384-gTGxhz21lVGYNMcdJOyq01Edg0jhn/c22nsx0kyqP0TxaV5WVdsSH1fSDUf5YJj1',
  ],
  ['graphiql@4.1.2/graphiql.min.js', 'sha384-9XdHu7ajgGJziD4J1zNBKQ842Q/+zZfDv+ib1eMhZWBH6hPAs806x+Jbcf0yNO6B'],
];

try {
  await Promise.race([loadAll(), timeout()]);
  start({ React, createRoot: ReactDOM.createRoot, GraphiQL });
} catch {
  document.querySelector('.loading').hidden = true;
  document.querySelector('.trouble').hidden = false;
}

function loadAll() {
  const [style, integrity] = STYLE;
  const loads = [load('link', { rel: 'stylesheet', href: CDN + style, integrity })];
  for (const [script, integrity] of SCRIPTS) {
    loads.push(load('script', { src: CDN + script, integrity, async: false }));
  }
  return Promise.all(loads);
}

function load(tag, attributes) {
  return new Promise((resolve, reject) => {
    const element = Object.assign(document.createElement(tag), attributes);
    element.crossOrigin = 'anonymous';
    element.onload = resolve;
    element.onerror = reject;
    // Before our own style sheet, which has the last word.
    document.head.prepend(element);
  });
}

function timeout() {
  return new Promise((_resolve, reject) => setTimeout(reject, PATIENCE_MS));
}
