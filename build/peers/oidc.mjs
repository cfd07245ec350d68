// An OpenID Provider that nobody of this project wrote, with pages that a plain HTTP client can fill
// in, and a log of what arrived. The options come as JSON in the first argument; the first line of the
// output is the address it listens on. It ends when its standard input does.
import { createServer } from 'node:http';
import { randomUUID } from 'node:crypto';
import Provider from 'oidc-provider';

const options = JSON.parse(process.argv[2]);
process.stdin.on('end', () => process.exit(0)).resume();

// The provider's clock can be moved: see control.
const clock = Date.now;
let ahead = 0;
Date.now = () => clock() + ahead;

const log = []; // one entry for each request to the token, revocation, introspection and device endpoints
const watched = ['/token', '/token/revocation', '/token/introspection', '/device/auth'];
let provider;

// read collects a request's form and leaves it where the provider looks for a body that was read already.
async function read(req) {
  const chunks = [];
  for await (const chunk of req) chunks.push(chunk);
  req.body = Buffer.concat(chunks).toString();
  return new URLSearchParams(req.body);
}

// page shows what is asked for: one box for each scope, which the person may untick.
function page(res, { uid, prompt, params }) {
  const scopes = (params.scope ?? '').split(' ').filter(Boolean);
  const boxes = scopes.map((s) => `<label><input type="checkbox" name="scope" value="${encodeURIComponent(s)}" checked>${encodeURIComponent(s)}</label>`);
  res.setHeader('Content-Type', 'text/html; charset=utf-8');
  res.end(`<!doctype html><title>${prompt.name}</title><form method="post" action="/interaction/${uid}">
    <input name="login" value=""> ${boxes.join(' ')} <button name="decision" value="allow">Allow</button></form>`);
}

// decide answers the page: sign-in and consent in one.
async function decide(req, res, form) {
  const { params, session, grantId } = await provider.interactionDetails(req, res);
  if (form.get('decision') !== 'allow') {
    const denied = { error: 'access_denied', error_description: 'the person said no' };
    return provider.interactionFinished(req, res, denied, { mergeWithLastSubmission: false });
  }
  const accountId = session?.accountId ?? form.get('login');
  const grant = (grantId && (await provider.Grant.find(grantId))) || new provider.Grant({ accountId, clientId: params.client_id });
  const allowed = form.getAll('scope').map(decodeURIComponent);
  for (const scope of params.scope.split(' ')) {
    if (allowed.includes(scope)) grant.addOIDCScope(scope);
    else grant.rejectOIDCScope(scope);
  }
  const result = { login: { accountId }, consent: { grantId: await grant.save() } };
  return provider.interactionFinished(req, res, result, { mergeWithLastSubmission: true });
}

// control is what the tests ask of the peer itself, not of the provider.
async function control(path, form, res) {
  if (path === '/peer/revoke') {
    for (const id of grants) await (await provider.Grant.find(id))?.destroy();
    for (const id of grants) await provider.RefreshToken.revokeByGrantId(id);
    for (const id of grants) await provider.AccessToken.revokeByGrantId(id);
  }
  if (path.startsWith('/peer/later/')) ahead += 1000 * Number(path.slice('/peer/later/'.length));
  res.setHeader('Content-Type', 'application/json');
  res.end(JSON.stringify(log));
}

const grants = new Set();

const server = createServer(async (req, res) => {
  const { pathname } = new URL(req.url, 'http://127.0.0.1');
  const form = req.method === 'POST' ? await read(req) : new URLSearchParams();
  if (pathname.startsWith('/peer/')) return control(pathname, form, res);
  if (pathname.startsWith('/interaction/')) {
    return req.method === 'POST' ? decide(req, res, form) : page(res, await provider.interactionDetails(req, res));
  }
  if (watched.includes(pathname)) {
    const entry = { path: pathname, grantType: form.get('grant_type') ?? '', status: 0, error: '' };
    log.push(entry);
    const end = res.end;
    res.end = function (body, ...rest) {
      entry.status = res.statusCode;
      try { entry.error = JSON.parse(body).error ?? ''; } catch { /* no JSON, no error */ }
      return end.call(this, body, ...rest);
    };
  }
  return provider.callback()(req, res);
});

server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const native = { application_type: 'native', redirect_uris: ['http://127.0.0.1/callback'], response_types: ['code'] };
  const person = ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'];
  provider = new Provider(issuer, {
    clients: [
      { client_id: options.publicClient, token_endpoint_auth_method: 'none', grant_types: person, ...native },
      { client_id: options.client, client_secret: options.secret, grant_types: [...person, 'client_credentials'], ...native },
    ],
    cookies: { keys: [randomUUID()] },
    pkce: { required: () => true },
    scopes: ['openid', 'offline_access', ...options.scopes],
    features: {
      devInteractions: { enabled: false },
      deviceFlow: { enabled: true },
      clientCredentials: { enabled: true },
      revocation: { enabled: true },
      introspection: { enabled: true },
    },
    interactions: { url: (ctx, { uid }) => `/interaction/${uid}` },
    rotateRefreshToken: () => options.rotates,
    issueRefreshToken: async (ctx, client, code) => client.grantTypeAllowed('refresh_token') && code.scopes.has('offline_access'),
    ttl: {
      AccessToken: options.accessSeconds, ClientCredentials: options.accessSeconds, AuthorizationCode: options.codeSeconds,
      RefreshToken: options.refreshSeconds, DeviceCode: options.deviceSeconds,
      Grant: 86400, Session: 86400, Interaction: 600, IdToken: 600,
    },
    findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  });
  provider.on('grant.success', (ctx) => { if (ctx.oidc.entities.Grant) grants.add(ctx.oidc.entities.Grant.jti); });
  provider.on('server_error', (ctx, err) => console.error(err));
  console.log(issuer);
});
