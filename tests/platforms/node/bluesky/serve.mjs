// Bluesky's own servers on this machine: a directory of identities, an account server, and with POSTGRES_URL the network's
// view of posts and notifications. Prints where they are, and ends when its standard input does.
import { createRequire } from 'node:module'
import path from 'node:path'

const require = createRequire(path.join(process.cwd(), 'package.json'))
const { TestBsky, TestPds, TestPlc, mockNetworkUtilities } = require('@atproto/dev-env')
const getPort = require('get-port')
const pg = require('pg')

const postgres = process.env.POSTGRES_URL
const plc = await TestPlc.create({})
const pdsPort = await getPort()
const view = postgres ? await viewOf(postgres) : undefined
const pds = await TestPds.create({
  port: pdsPort,
  didPlcUrl: plc.url,
  rateLimitsEnabled: true,
  ...(view ? { bskyAppViewUrl: view.url, bskyAppViewDid: view.serverDid } : {}),
})
mockNetworkUtilities(pds, view)
hereIsNoChat(pds.ctx.idResolver.did)

console.log(JSON.stringify({ plc: plc.url, pds: pds.url, view: view ? view.url : '' }))
process.stdin.resume()
process.stdin.on('end', () => process.exit(0))

async function viewOf(url) {
  const made = await TestBsky.create({
    plcUrl: plc.url,
    pdsPort,
    repoProvider: `ws://localhost:${pdsPort}`,
    dbPostgresUrl: url,
    dbPostgresSchema: 'view',
  })
  // The search for people needs an extension that not every PostgreSQL brings; its indexes go before anybody is there.
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const indexes = await client.query("SELECT schemaname, indexname FROM pg_indexes WHERE indexdef LIKE '%gist_trgm_ops%'")
  for (const { schemaname, indexname } of indexes.rows) {
    await client.query(`DROP INDEX "${schemaname}"."${indexname}"`)
  }
  await client.end()
  return made
}

// The chat service is nobody's to run: whoever may call it meets a closed port.
function hereIsNoChat(resolver) {
  const resolve = resolver.resolve.bind(resolver)
  const service = [{ id: '#bsky_chat', type: 'BskyChatService', serviceEndpoint: 'http://localhost:9' }]
  resolver.resolve = async (did, ...more) =>
    did === 'did:web:api.bsky.chat' ? { id: did, service } : resolve(did, ...more)
}
