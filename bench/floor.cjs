/** The calls of naive.ts with Node's own modules and nothing else: what no handler can go below. */
const { createHash, createHmac } = require('node:crypto');
const http = require('node:http');
const http2 = require('node:http2');

const agent = new http.Agent({ keepAlive: true });

exports.handler = async ({ action, momento_auth_token_secret_name: name }, { invokedFunctionArn }) => {
  if (action === undefined) return await refresh(name, invokedFunctionArn);
  const names = process.env.SECRET_NAMES.split(',');
  return await Promise.all(names.map(async (each) => (await read(each)).validUntil - Date.now() / 1000));
};

async function read(name) {
  const { SecretString } = await secretsManager('GetSecretValue', { SecretId: name });
  return JSON.parse(SecretString);
}

async function refresh(name, functionArn) {
  const current = await read(name);
  const momento = http2.connect(`http://${process.env.MOMENTO_ENDPOINT}`);
  const key = current.endpoint === undefined ? await refreshV1(momento, current) : await refreshV2(current);
  const credential = key.endpoint === undefined ? innerKey(key.apiKey) : key.apiKey;
  await grpc(momento, '/control_client.ScsControl/ListCaches', Buffer.alloc(0), credential);
  momento.close();
  await secretsManager('PutSecretValue', {
    SecretId: name,
    SecretString: JSON.stringify(key),
    ClientRequestToken: createHash('sha256').update(key.apiKey).digest('hex'),
  });
  const at = new Date((key.validUntil - 86_400) * 1000).toISOString();
  const schedule = {
    GroupName: process.env.SCHEDULE_GROUP_NAME,
    ScheduleExpression: `at(${at.slice(0, 19)})`,
    FlexibleTimeWindow: { Mode: 'OFF' },
    ActionAfterCompletion: 'DELETE',
    ClientToken: createHash('sha256').update(name).digest('hex'),
    Target: {
      Arn: functionArn,
      RoleArn: process.env.SCHEDULER_ROLE_ARN,
      Input: JSON.stringify({ momento_auth_token_secret_name: name }),
    },
  };
  await aws('scheduler', `/schedules/floor-${name.replace(/\W/g, '-')}`, schedule, {});
  return { validUntil: key.validUntil };
}

async function refreshV1(momento, current) {
  const request = Buffer.concat([text(1, innerKey(current.apiKey)), text(2, current.refreshToken)]);
  const answer = fields(await grpc(momento, '/auth.Auth/RefreshApiToken', request));
  const inner = { endpoint: answer[3].toString(), api_key: answer[1].toString() };
  return {
    apiKey: Buffer.from(JSON.stringify(inner)).toString('base64'),
    refreshToken: answer[2].toString(),
    validUntil: answer[4],
  };
}

async function refreshV2(current) {
  const url = new URL(`http://${process.env.MOMENTO_API_ENDPOINT}/api-keys/refresh`);
  const { api_key, refresh_token, key_info } = await post(url, { authorization: current.refreshToken }, '');
  const { expires_at_epoch_seconds: validUntil, key_id: keyId } = key_info;
  return { ...current, apiKey: api_key, refreshToken: refresh_token, validUntil, keyId };
}

const secretsManager = (operation, input) =>
  aws('secretsmanager', '/', input, {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': `secretsmanager.${operation}`,
  });

async function aws(service, path, input, headers) {
  const body = JSON.stringify(input);
  const url = new URL(path, process.env.AWS_ENDPOINT_URL);
  const signed = sign(service, url, { 'content-type': 'application/json', ...headers, host: url.host }, body);
  return await post(url, signed, body);
}

async function post(url, headers, body) {
  const { status, answer } = await new Promise((resolve, reject) => {
    const request = http.request(url, { method: 'POST', agent, headers }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode, answer: Buffer.concat(chunks) }));
    });
    request.on('error', reject);
    request.end(body);
  });
  if (status !== 200) throw new Error(`${url.pathname} answered ${status}`);
  return JSON.parse(answer.toString());
}

/** AWS Signature Version 4. */
function sign(service, url, headers, body) {
  const region = process.env.AWS_REGION;
  const now = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const all = { ...headers, 'x-amz-date': now };
  const names = Object.keys(all).sort();
  const canonical = [
    'POST',
    url.pathname,
    '',
    ...names.map((name) => `${name}:${all[name]}`),
    '',
    names.join(';'),
    sha256(body),
  ];
  const scope = `${now.slice(0, 8)}/${region}/${service}/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', now, scope, sha256(canonical.join('\n'))].join('\n');
  const parts = [now.slice(0, 8), region, service, 'aws4_request'];
  const key = parts.reduce(hmac, `AWS4${process.env.AWS_SECRET_ACCESS_KEY}`);
  const signature = hmac(key, toSign).toString('hex');
  const credential = `${process.env.AWS_ACCESS_KEY_ID}/${scope}`;
  return {
    ...all,
    authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names.join(';')}, Signature=${signature}`,
  };
}

const sha256 = (value) => createHash('sha256').update(value).digest('hex');
const hmac = (key, value) => createHmac('sha256', key).update(value).digest();

function grpc(session, path, message, authorization) {
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...(authorization && { authorization }),
    });
    const chunks = [];
    let status;
    const note = (headers) => {
      status = headers['grpc-status'] ?? status;
    };
    stream.on('response', note);
    stream.on('trailers', note);
    stream.on('data', (chunk) => chunks.push(chunk));
    stream.on('error', reject);
    stream.on('end', () =>
      Number(status) === 0
        ? resolve(Buffer.concat(chunks).subarray(5))
        : reject(new Error(`${path} answered ${status}`)),
    );
    stream.end(Buffer.concat([frame, message]));
  });
}

/** Protocol buffers: a text, and a message's fields by number. Lengths and numbers are varints. */
function text(number, value) {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...varint(bytes.length)]), bytes]);
}

function varint(value) {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >> 7)];
}

function fields(message) {
  const found = {};
  let at = 0;
  const number = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = message[at++];
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = number();
    const value = number();
    found[tag >> 3] = (tag & 7) === 2 ? message.subarray(at, at + value) : value;
    if ((tag & 7) === 2) at += value;
  }
  return found;
}

const innerKey = (apiKey) => JSON.parse(Buffer.from(apiKey, 'base64').toString()).api_key;
