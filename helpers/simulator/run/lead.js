// Leads a Node program to the phone network, whatever client it uses: run copies it and names it in NODE_OPTIONS.
// https, fetch, undici, http2 and agents of one's own all open their connections with tls.connect.
"use strict";
const fs = require("fs"), net = require("net"), tls = require("tls"), { syncBuiltinESMExports } = require("module");

const { hosts, endpoint, proxy, ca, outside } = JSON.parse(process.env.VOICE_SIMULATOR_RUN || "{}");
const HERE = /^(localhost|.*\.localhost|127\..*|::1|\[::1\])$/;

/** The options that tls.connect takes in several forms: (options), (port), (port, host), (port, host, options). */
function asked(args) {
  const given = args.find((one) => one !== null && typeof one === "object") || {};
  if (typeof args[0] === "object") return given;
  return { ...given, port: args[0], host: typeof args[1] === "string" ? args[1] : given.host };
}

/** A connection to a host that the proxy does not lead to: it asks there all the same, and fails with the reply. */
function refused(host, port) {
  const socket = new tls.TLSSocket(new net.Socket());
  const told = (text) => socket.destroy(Object.assign(new Error(text), { code: "ECONNREFUSED", host }));
  const line = net.connect(proxy, "127.0.0.1", () => line.write(`CONNECT ${host}:${port} HTTP/1.1\r\n\r\n`));
  line.once("data", (head) => (told(String(head).split("\r\n")[0]), line.destroy()));
  line.on("error", (error) => told(error.message));
  return socket;
}

if (hosts) {
  const connect = tls.connect;
  tls.connect = function (...args) {
    const options = asked(args);
    const host = options.servername || options.host || "localhost";
    if (options.socket || options.path || HERE.test(options.host || "localhost")) return connect.apply(this, args);
    if (hosts.includes(host)) {
      const led = { ...options, servername: host, host: "127.0.0.1", port: endpoint, ca: fs.readFileSync(ca) };
      return connect.call(this, led, ...args.filter((one) => typeof one === "function"));
    }
    return outside ? connect.apply(this, args) : refused(host, options.port || 443);
  };
  syncBuiltinESMExports();
}
