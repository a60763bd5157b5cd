// PostGraphile 5 as its documentation starts it in production: Amber, its own HTTP server, a pool like the others'.
import { createServer } from "node:http";
import { grafserv } from "postgraphile/grafserv/node";
import { postgraphile } from "postgraphile";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { makePgService } from "postgraphile/adaptors/pg";

const preset = {
  extends: [PostGraphileAmberPreset],
  pgServices: [
    makePgService({
      connectionString: "",
      schemas: ["public"],
      poolConfig: {
        host: process.env.PGHOST, // the folder of the unix socket
        user: process.env.PGUSER,
        database: process.env.PGDATABASE,
        max: Number(process.env.BENCH_POOL),
        options: "-c jit=off -c TimeZone=UTC",
      },
    }),
  ],
  grafserv: { graphqlPath: "/graphql", graphiql: false, watch: false, websockets: false },
  grafast: { explain: false },
};

const server = createServer();
server.on("error", (problem) => {
  console.error(problem);
  process.exit(1);
});
await postgraphile(preset).createServ(grafserv).addTo(server);
server.listen(Number(process.env.PORT), "127.0.0.1");
