// Answers decide cases with @cloud-copilot/iam-simulate, which bench/decide.py installs in a scratch folder and runs beside.
//
// Usage: node iam_simulate.mjs FOLDER answer CASES    one line a case: {"id", "decision"} or {"id", "error"}
//        node iam_simulate.mjs FOLDER time CASES SECONDS    {"decisions", "seconds"} of a warm loop, one thread
//
// FOLDER is where npm installed the package; CASES are lines as `hatrack decide --batch` reads them.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const [folder, verb, file, seconds] = process.argv.slice(2)
const { runSimulation, anonymousPrincipal } = createRequire(join(folder, 'package.json'))('@cloud-copilot/iam-simulate')

const WORDS = { Allowed: 'allowed', ExplicitlyDenied: 'explicitDeny', ImplicitlyDenied: 'implicitDeny' }

const named = (policies, kind) => (policies ?? []).map((policy, n) => ({ name: `${kind}-${n}`, policy }))
const levels = (given, kind) =>
  (given ?? []).map((policies, n) => ({ orgIdentifier: `${kind}-level-${n}`, policies: named(policies, `${kind}-${n}`) }))

// RCPFullAWSAccess, which the peer adds by itself and refuses to be given.
const fullAccess = ({ Statement }) => [Statement].flat().every(({ Effect }) => Effect === 'Allow')

// The keys that AWS itself makes of the principal; the peer wants them in the context.
function principalKeys(principal) {
  const [, , , , account, name] = principal.split(':')
  if (principal === 'anonymous') return { 'aws:PrincipalType': 'Anonymous', 'aws:userid': 'anonymous' }
  if (name === undefined || /^(oidc|saml)-provider\//.test(name)) return {}
  const keys = { 'aws:PrincipalAccount': account, 'aws:PrincipalArn': principal }
  const parts = name.split('/')
  if (name === 'root') return { ...keys, 'aws:PrincipalType': 'Account' }
  if (parts[0] === 'user') return { ...keys, 'aws:PrincipalType': 'User', 'aws:username': parts.at(-1) }
  if (parts[0] === 'federated-user') return { ...keys, 'aws:PrincipalType': 'FederatedUser' }
  const role = parts[0] === 'assumed-role' ? `arn:aws:iam::${account}:role/${parts[1]}` : principal
  return { ...keys, 'aws:PrincipalArn': role, 'aws:PrincipalType': 'AssumedRole' }
}

function simulation({ request, identity_policies, permissions_boundary, session_policy, resource_policy, scps, rcps }) {
  return {
    request: {
      principal: request.principal === 'anonymous' ? anonymousPrincipal : request.principal,
      action: request.action,
      resource: { resource: request.resource, accountId: request.resource_account },
      contextVariables: { ...principalKeys(request.principal), ...request.context }
    },
    identityPolicies: named(identity_policies, 'identity'),
    permissionBoundaryPolicies: permissions_boundary ? named(permissions_boundary, 'boundary') : undefined,
    sessionPolicy: session_policy ?? undefined,
    resourcePolicy: resource_policy ?? undefined,
    serviceControlPolicies: levels(scps, 'scp'),
    resourceControlPolicies: levels((rcps ?? []).map((level) => level.filter((one) => !fullAccess(one))), 'rcp')
  }
}

const STRICT = { simulationMode: 'Strict' }
const cases = readFileSync(file, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line))

if (verb === 'answer') {
  const lines = []
  for (const one of cases) {
    try {
      const said = await runSimulation(simulation(one), STRICT)
      if (said.resultType === 'error') lines.push({ id: one.id, error: JSON.stringify(said.errors) })
      else lines.push({ id: one.id, decision: WORDS[said.overallResult] ?? said.overallResult })
    } catch (error) {
      lines.push({ id: one.id, error: String(error) })
    }
  }
  process.stdout.write(lines.map((line) => JSON.stringify(line) + '\n').join(''))
} else {
  const given = cases.map(simulation)
  for (const one of given) await runSimulation(one, STRICT)
  const begin = performance.now()
  let decisions = 0
  do {
    for (const one of given) await runSimulation(one, STRICT)
    decisions += given.length
  } while (performance.now() - begin < Number(seconds) * 1000)
  console.log(JSON.stringify({ decisions, seconds: (performance.now() - begin) / 1000 }))
}
