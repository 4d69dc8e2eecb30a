// ElizaOS as its own documentation starts it, in one process with a database in memory, asked over handleMessage.
// node eliza.mjs MODEL_URL MESSAGES AT_ONCE ROOMS → one line of JSON on stdout. Runs where its packages are installed.
import { ChannelType, ElizaOS, stringToUuid } from "@elizaos/core";
import bootstrap from "@elizaos/plugin-bootstrap";
import openai from "@elizaos/plugin-openai";
import sql, { createDatabaseAdapter, DatabaseMigrationService } from "@elizaos/plugin-sql";

const [modelUrl, ...numbers] = process.argv.slice(2);
const [messages, atOnce, rooms] = numbers.map(Number);
const WARM_UP = 3;
const LONGEST_MS = 120_000; // for one message

const settings = {
  OPENAI_API_KEY: "none",
  OPENAI_BASE_URL: modelUrl,
  OPENAI_EMBEDDING_DIMENSIONS: "384",
  PGLITE_DATA_DIR: "memory://",
  SECRET_SALT: "bench",
};
Object.assign(process.env, settings, { LOG_LEVEL: "fatal" });

const plugin = (one) => one.default ?? one;
const id = stringToUuid("creator");

async function start() {
  const database = createDatabaseAdapter({ dataDir: "memory://" }, id);
  await database.init();
  const migrations = new DatabaseMigrationService();
  await migrations.initializeWithDatabase(database.getDatabase?.() ?? database.db);
  migrations.discoverAndRegisterPluginSchemas([plugin(sql)]);
  await migrations.runAllPluginMigrations();
  const character = { id, name: "Creator", bio: ["A creator"], plugins: [], settings: { secrets: settings } };
  const agent = { character, plugins: [sql, openai, bootstrap].map(plugin), databaseAdapter: database };
  const options = { ephemeral: true, autoStart: true, returnRuntimes: true };
  const [runtime] = await new ElizaOS().addAgents([agent], options);
  await runtime.initPromise;
  return runtime;
}

async function ask(runtime, number) {
  const place = number % rooms;
  const entityId = stringToUuid(`follower-${place}`);
  const roomId = stringToUuid(`room-${place}`);
  const worldId = stringToUuid("world");
  const channel = { source: "bench", channelId: `channel-${place}`, type: ChannelType.DM };
  const who = { userName: `follower${place}`, name: `Follower ${place}` };
  const server = { messageServerId: stringToUuid("server") };
  await runtime.ensureConnection({ entityId, roomId, worldId, ...who, ...channel, ...server });
  const begun = performance.now();
  let answered = false;
  const message = {
    id: stringToUuid(`message-${number}`),
    entityId,
    agentId: runtime.agentId,
    roomId,
    worldId,
    content: { text: `what grease do you use? (${number})`, source: "bench", channelType: ChannelType.DM },
    createdAt: Date.now(),
  };
  const answer = async (content) => {
    answered ||= Boolean(content?.text);
    return [];
  };
  const tooLong = new Promise((resolve) => setTimeout(resolve, LONGEST_MS).unref());
  await Promise.race([runtime.messageService.handleMessage(runtime, message, answer), tooLong]);
  return answered ? (performance.now() - begun) / 1000 : null;
}

async function measure(runtime) {
  const waits = [];
  let next = WARM_UP;
  const cpu = process.cpuUsage();
  const begun = performance.now();
  async function caller() {
    while (next < messages + WARM_UP) {
      const wait = await ask(runtime, next++).catch(() => null);
      if (wait !== null) waits.push(wait);
    }
  }
  await Promise.all(Array.from({ length: atOnce }, caller));
  const spent = process.cpuUsage(cpu);
  return { waits, seconds: (performance.now() - begun) / 1000, cpu_seconds: (spent.user + spent.system) / 1e6 };
}

const runtime = await start();
for (let number = 0; number < WARM_UP; number++) await ask(runtime, number);
const found = await measure(runtime);
process.stdout.write(`\n${JSON.stringify(found)}\n`, () => process.exit(0));
