// GraphiQL from our own bundle. Its style sheet is taken in parts, because the whole embeds fonts as data: addresses.

import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';

import { GraphiQL } from 'graphiql';
import * as React from 'react';
import { createRoot } from 'react-dom/client';

import { start } from './start.js';

const assets = new URL('.', document.currentScript.src);

globalThis.MonacoEnvironment = {
  getWorker: (_id, label) =>
    new Worker(new URL(`${['graphql', 'json'].includes(label) ? label : 'editor'}.worker.js`, assets)),
};

start({ React, createRoot, GraphiQL });
