// SPDX-License-Identifier: Apache-2.0
// A real provider of OpenID Connect on loopback, for tests: npm's oidc-provider
// with its built-in pages for signing in. Anybody may sign in by any name.
// usage: node provider.mjs <folder of oidc-provider> <redirect URI>...
// It writes its address on one line, and ends when its input does.
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";

// Redirect URIs that end in /callback are told of sign-outs at /logout beside it, and who
// signed out is sent to /signed-out beside it. Who
// signs in by a name that begins with "strong" showed two factors.
const [folder, ...redirects] = process.argv.slice(2);
const { Provider } = await import(pathToFileURL(folder + "/lib/index.js"));

const server = createServer((request, response) => handle(request, response));
let handle = (_, response) => response.end();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://localhost:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{
      client_id: "haidang", client_secret: "a-secret-of-the-test", redirect_uris: redirects,
      post_logout_redirect_uris: redirects.map((uri) => uri.replace("/callback", "/signed-out")),
      grant_types: ["authorization_code"], response_types: ["code"], token_endpoint_auth_method: "client_secret_basic",
      backchannel_logout_uri: redirects[0].replace("/callback", "/logout"), backchannel_logout_session_required: true,
    }],
    pkce: { required: () => true },
    // Who is told of sign-outs is on this machine, where a provider tells nobody by itself.
    fetch: (url, { dispatcher, ...options }) => globalThis.fetch(url, options),
    acrValues: ["urn:two-factors"],
    features: { backchannelLogout: { enabled: true } },
    cookies: { keys: ["a-key-of-the-test"] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  });
  const finished = provider.interactionFinished.bind(provider);
  provider.interactionFinished = (request, response, result, ...rest) => {
    if (result.login?.accountId?.startsWith("strong")) Object.assign(result.login, { acr: "urn:two-factors", amr: ["pwd", "otp", "mfa"] });
    return finished(request, response, result, ...rest);
  };
  handle = provider.callback();
  process.stdout.write(issuer + "\n");
});
process.stdin.on("end", () => process.exit(0)).resume();
