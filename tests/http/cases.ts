/**
 * Requests as bytes, and the results according to RFC 9110 and RFC 9112.
 *
 * @module
 */

/** The result of a connection's bytes. */
export interface RequestCase {
  /** The rule. */
  name: string;
  /** What the client sends, one character per byte. */
  input: string;
  /** The requests that the handler receives, as `METHOD target body`. */
  requests: string[];
  /** The statuses of the responses, in order. */
  statuses: number[];
  /** True if the server ends the connection without the client ending its side. */
  ends: boolean;
}

/** A request that is served, followed by a second one that must be served as well. */
function served(name: string, input: string, ...requests: string[]): RequestCase {
  return {
    name,
    input: `${input}GET /next HTTP/1.1\r\nHost: a\r\n\r\n`,
    requests: [...requests, "GET /next "],
    statuses: [...requests.map(() => 200), 200],
    ends: false,
  };
}

/** A refused request: nothing after it is read, whatever it is. */
function refused(status: number, name: string, input: string, ...requests: string[]): RequestCase {
  return {
    name,
    input: `${input}GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n`,
    requests,
    statuses: [...requests.map(() => 200), status],
    ends: true,
  };
}

const HOST = "Host: a\r\n";
const GET = `GET / HTTP/1.1\r\n${HOST}`;
const POST = `POST / HTTP/1.1\r\n${HOST}`;
const CHUNKED = `${POST}Transfer-Encoding: chunked\r\n\r\n`;

/** RFC 9112, section 2.2 and 3: the request line. */
const REQUEST_LINES: RequestCase[] = [
  served("a request with only a Host field", `${GET}\r\n`, "GET / "),
  served("an empty line before the request line is skipped", `\r\n${GET}\r\n`, "GET / "),
  refused(400, "a second empty line is not", `\r\n\r\n${GET}\r\n`),
  refused(400, "LF alone before the request line", `\n${GET}\r\n`),
  refused(400, "CR alone before the request line", `\r${GET}\r\n`),
  refused(400, "a space before the request line", ` ${GET}\r\n`),
  served("any token is a method", `x-1!~ / HTTP/1.1\r\n${HOST}\r\n`, "x-1!~ / "),
  refused(400, "a method that is not a token", `GE(T / HTTP/1.1\r\n${HOST}\r\n`),
  refused(400, "NUL in the method", `GE\0T / HTTP/1.1\r\n${HOST}\r\n`),
  refused(400, "NUL before the method", `\0GET / HTTP/1.1\r\n${HOST}\r\n`),
  refused(400, "no method", ` / HTTP/1.1\r\n${HOST}\r\n`),
  refused(501, "a method that is too long", `${"M".repeat(33)} / HTTP/1.1\r\n${HOST}\r\n`),
  refused(501, "CONNECT", `CONNECT a:80 HTTP/1.1\r\n${HOST}\r\n`),
  refused(400, "no target", `GET  HTTP/1.1\r\n${HOST}\r\n`),
  refused(400, "two spaces before the target", `GET  / HTTP/1.1\r\n${HOST}\r\n`),
  refused(400, "a tab instead of a space", `GET\t/ HTTP/1.1\r\n${HOST}\r\n`),
  refused(400, "no version (HTTP/0.9)", `GET /\r\n${HOST}\r\n`),
  refused(400, "a space after the version", `GET / HTTP/1.1 \r\n${HOST}\r\n`),
  refused(400, "a second target", `GET / /b HTTP/1.1\r\n${HOST}\r\n`),
  refused(400, "NUL in the version", `GET / HTTP/1\0.1\r\n${HOST}\r\n`),
  refused(400, "a version in lower case", `GET / http/1.1\r\n${HOST}\r\n`),
  refused(400, "a version without a minor part", `GET / HTTP/1\r\n${HOST}\r\n`),
  refused(400, "a minor version of two digits", `GET / HTTP/1.10\r\n${HOST}\r\n`),
  served("a later minor version is read as 1.1", `GET / HTTP/1.9\r\n${HOST}\r\n`, "GET / "),
  refused(505, "HTTP/2.0", `GET / HTTP/2.0\r\n${HOST}\r\n`),
  refused(505, "HTTP/0.9 with a version", `GET / HTTP/0.9\r\n${HOST}\r\n`),
  refused(505, "the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  refused(400, "a request line that ends with LF alone", `GET / HTTP/1.1\n${HOST}\r\n`),
  refused(400, "a request line that ends with CR alone", `GET / HTTP/1.1\r${HOST}\r\n`),
  refused(400, "NUL in the target", `GET /\0 HTTP/1.1\r\n${HOST}\r\n`),
  refused(400, "a byte above ASCII in the target", `GET /\xe4 HTTP/1.1\r\n${HOST}\r\n`),
  served(
    "percent signs, which are not decoded",
    `GET /%00/%zz%2e HTTP/1.1\r\n${HOST}\r\n`,
    "GET /%00/%zz%2e ",
  ),
  refused(400, "a fragment in the target", `GET /#a HTTP/1.1\r\n${HOST}\r\n`),
  refused(400, "a target that is not a path", `GET a HTTP/1.1\r\n${HOST}\r\n`),
  refused(400, "an authority as the target of GET", `GET a:80 HTTP/1.1\r\n${HOST}\r\n`),
  served("an asterisk for OPTIONS", `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, "OPTIONS * "),
  refused(400, "an asterisk for others", `GET * HTTP/1.1\r\n${HOST}\r\n`),
  served(
    "an absolute target",
    `GET http://b:80/c?d HTTP/1.1\r\n${HOST}\r\n`,
    "GET http://b:80/c?d ",
  ),
  refused(400, "an absolute target with a user", `GET http://u@b/ HTTP/1.1\r\n${HOST}\r\n`),
  refused(400, "an absolute target without a host", `GET http:/// HTTP/1.1\r\n${HOST}\r\n`),
  refused(400, "an absolute target of another scheme", `GET ftp://b/ HTTP/1.1\r\n${HOST}\r\n`),
  refused(400, "an absolute target with a bad port", `GET http://b:x/ HTTP/1.1\r\n${HOST}\r\n`),
  refused(400, "an absolute target with a backslash", `GET http://b\\c HTTP/1.1\r\n${HOST}\r\n`),
  refused(
    400,
    "a bad Host beside an absolute target",
    "GET http://b/ HTTP/1.1\r\nHost: a/\r\n\r\n",
  ),
  refused(400, "an absolute target without Host", "GET http://b/ HTTP/1.1\r\n\r\n"),
  served(
    "a target at the limit",
    `GET /${"a".repeat(84)} HTTP/1.1\r\n${HOST}\r\n`,
    `GET /${"a".repeat(84)} `,
  ),
  refused(414, "a target over the limit", `GET /${"a".repeat(88)} HTTP/1.1\r\n${HOST}\r\n`),
];

/** RFC 9112, section 5, and RFC 9110, section 5: header fields. */
const FIELDS: RequestCase[] = [
  served("spaces and tabs around a value", `${GET}A: \t b \t\r\n\r\n`, "GET / "),
  served("an empty value", `${GET}A:\r\n\r\n`, "GET / "),
  served("bytes above ASCII in a value", `${GET}A: \xff\r\n\r\n`, "GET / "),
  refused(400, "a space before the colon", `${GET}A : b\r\n\r\n`),
  refused(400, "a tab before the colon", `${GET}Content-Length\t: 1\r\n\r\n`),
  refused(400, "a space before the first name", `GET / HTTP/1.1\r\n ${HOST}\r\n`),
  refused(400, "a folded line", `${GET}A: b\r\n c\r\n\r\n`),
  refused(400, "a folded length", `${POST}Content-Length: 1\r\n 0\r\n\r\n`),
  refused(400, "a line folded by a tab", `${GET}A: b\r\n\tc\r\n\r\n`),
  refused(400, "no name", `${GET}: b\r\n\r\n`),
  refused(400, "no colon", `${GET}A\r\n\r\n`),
  refused(400, "a name that is not a token", `${GET}A{}: b\r\n\r\n`),
  refused(400, "a byte above ASCII in a name", `${GET}\xe4: b\r\n\r\n`),
  refused(400, "NUL in a value", `${GET}A: b\0\r\n\r\n`),
  refused(400, "NUL in a name", `${GET}A\0: b\r\n\r\n`),
  refused(400, "a control character in a value", `${GET}A: \x7f\r\n\r\n`),
  refused(400, "CR alone in a value", `${GET}A: b\rc: d\r\n\r\n`),
  refused(400, "LF alone ends no line", `${GET}A: b\nC: d\r\n\r\n`),
  refused(400, "LF alone ends no head", `${GET}\n`),
  refused(400, "CR CR LF ends no head", `${GET}\r\r\n`),
  refused(431, "more fields than the limit", `${GET}${"A: b\r\n".repeat(8)}\r\n`),
  served("as many fields as the limit", `${GET}${"A: b\r\n".repeat(7)}\r\n`, "GET / "),
  refused(431, "fields over the limit of bytes", `${GET}A: ${"b".repeat(200)}\r\n\r\n`),
];

/** RFC 9112, section 3.2, and RFC 9110, section 7.2: Host. */
const HOSTS: RequestCase[] = [
  refused(400, "no Host", "GET / HTTP/1.1\r\n\r\n"),
  refused(400, "two Host fields", `${GET}host: b\r\n\r\n`),
  refused(400, "two Host fields of the same value", `${GET}HOST: a\r\n\r\n`),
  served("an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET / "),
  served("an IPv6 address with a port", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "GET / "),
  refused(400, "a path in Host", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
  refused(400, "a user in Host", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"),
  refused(400, "a space in Host", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
  refused(400, "NUL in Host", "GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n"),
  refused(400, "a byte above ASCII in Host", "GET / HTTP/1.1\r\nHost: \xe4\r\n\r\n"),
  refused(400, "a list of hosts", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"),
  refused(400, "a scheme in Host", "GET / HTTP/1.1\r\nHost: http://a\r\n\r\n"),
  refused(400, "a fragment in Host", "GET / HTTP/1.1\r\nHost: a#b\r\n\r\n"),
  refused(400, "no host before the port", "GET / HTTP/1.1\r\nHost: :80\r\n\r\n"),
  refused(400, "two ports", "GET / HTTP/1.1\r\nHost: a:80:81\r\n\r\n"),
  refused(400, "a percent sign without its digits in Host", "GET / HTTP/1.1\r\nHost: a%4\r\n\r\n"),
  refused(400, "an invalid IPv6 address", "GET / HTTP/1.1\r\nHost: [z::1]\r\n\r\n"),
  refused(400, "two Host fields in HTTP/1.0", `GET / HTTP/1.0\r\n${HOST}${HOST}\r\n`),
  refused(400, "a port that is not a number", "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n"),
  refused(400, "an IPv6 address that does not end", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"),
];

/** RFC 9112, section 6: framing of the body. */
const FRAMING: RequestCase[] = [
  served("Content-Length", `${POST}Content-Length: 3\r\n\r\nabc`, "POST / abc"),
  served("Content-Length 0", `${POST}Content-Length: 0\r\n\r\n`, "POST / "),
  served("a body of GET", `${GET}content-length: 1\r\n\r\na`, "GET / a"),
  served("without a length there is no body", `${POST}\r\n`, "POST / "),
  served("a length with zeros in front", `${POST}Content-Length: 003\r\n\r\nabc`, "POST / abc"),
  refused(400, "two lengths", `${POST}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc`),
  refused(400, "the same length twice", `${POST}Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc`),
  refused(400, "a list of lengths", `${POST}Content-Length: 3, 3\r\n\r\nabc`),
  refused(400, "a list of lengths without spaces", `${POST}Content-Length: 3,3\r\n\r\nabc`),
  refused(400, "a list of several lengths", `${POST}Content-Length: 3, 4\r\n\r\nabc`),
  refused(400, "a space inside a length", `${POST}Content-Length: 3 3\r\n\r\nabc`),
  refused(400, "a length after another kind of space", `${POST}Content-Length: \xa03\r\n\r\nabc`),
  refused(400, "a length with a sign", `${POST}Content-Length: +3\r\n\r\nabc`),
  refused(400, "a negative length", `${POST}Content-Length: -3\r\n\r\nabc`),
  refused(400, "a hexadecimal length", `${POST}Content-Length: 0x3\r\n\r\nabc`),
  refused(400, "an empty length", `${POST}Content-Length:\r\n\r\n`),
  refused(413, "a length over the limit", `${POST}Content-Length: 101\r\n\r\n`),
  refused(413, "a length over any limit", `${POST}Content-Length: ${"9".repeat(30)}\r\n\r\n`),
  refused(
    400,
    "Content-Length and Transfer-Encoding",
    `${POST}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ),
  refused(
    400,
    "Transfer-Encoding and Content-Length",
    `${POST}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`,
  ),
  refused(
    400,
    "Transfer-Encoding in HTTP/1.0",
    "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  ),
  refused(400, "a coding other than chunked", `${POST}Transfer-Encoding: gzip\r\n\r\n`),
  refused(
    501,
    "a coding before chunked",
    `${POST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
  ),
  refused(
    501,
    "one in a field of its own",
    `${POST}Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n`,
  ),
  refused(
    400,
    "chunked and another after it",
    `${POST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
  ),
  refused(400, "chunked twice", `${POST}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`),
  refused(
    400,
    "chunked with a parameter",
    `${POST}Transfer-Encoding: chunked;a=b\r\n\r\n0\r\n\r\n`,
  ),
  refused(
    400,
    "chunked with a control character",
    `${POST}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n`,
  ),
  refused(400, "an empty coding", `${POST}Transfer-Encoding:\r\n\r\n0\r\n\r\n`),
  refused(
    400,
    "chunked after a space of another kind",
    `${POST}Transfer-Encoding: \xa0chunked\r\n\r\n0\r\n\r\n`,
  ),
  refused(400, "chunked in quotes", `${POST}Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n`),
  refused(400, "a coding like chunked", `${POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`),
  refused(
    400,
    "chunked and nothing after it",
    `${POST}Transfer-Encoding: chunked,\r\n\r\n0\r\n\r\n`,
  ),
  refused(400, "identity", `${POST}Transfer-Encoding: identity\r\nContent-Length: 1\r\n\r\na`),
  refused(
    400,
    "identity in a field after chunked",
    `${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n`,
  ),
  refused(
    400,
    "chunked in two fields",
    `${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ),
  refused(
    501,
    "identity before chunked",
    `${POST}Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n`,
  ),
  served(
    "chunked in any case",
    `${POST}transfer-encoding: CHUNKED\r\n\r\n1\r\na\r\n0\r\n\r\n`,
    "POST / a",
  ),
  refused(417, "an unknown expectation", `${POST}Expect: a\r\n\r\n`),
];

/** RFC 9112, section 7.1: chunks. */
const CHUNKS: RequestCase[] = [
  served("chunks", `${CHUNKED}3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n`, "POST / abcde"),
  served(
    "a size in hexadecimal, upper and lower case",
    `${CHUNKED}a\r\n0123456789\r\nB\r\n0123456789a\r\n0\r\n\r\n`,
    "POST / 01234567890123456789a",
  ),
  served("zeros before a size", `${CHUNKED}0003\r\nabc\r\n000\r\n\r\n`, "POST / abc"),
  served("extensions", `${CHUNKED}1;a=b;c="d"\r\na\r\n0 ; e\r\n\r\n`, "POST / a"),
  served("trailers", `${CHUNKED}1\r\na\r\n0\r\nA: b\r\nC: d\r\n\r\n`, "POST / a"),
  served(
    "trailers do not change the framing",
    `${CHUNKED}1\r\na\r\n0\r\nContent-Length: 99\r\nTransfer-Encoding: a\r\n\r\n`,
    "POST / a",
  ),
  refused(400, "no size", `${CHUNKED}\r\na\r\n0\r\n\r\n`),
  refused(400, "a size that is not a number", `${CHUNKED}g\r\na\r\n0\r\n\r\n`),
  refused(400, "a size with a sign", `${CHUNKED}+1\r\na\r\n0\r\n\r\n`),
  refused(400, "a negative size", `${CHUNKED}-1\r\na\r\n0\r\n\r\n`),
  refused(400, "a size with 0x", `${CHUNKED}0x1\r\na\r\n0\r\n\r\n`),
  refused(400, "a space before a size", `${CHUNKED} 1\r\na\r\n0\r\n\r\n`),
  refused(400, "a space after a size", `${CHUNKED}1 \r\na\r\n0\r\n\r\n`),
  refused(400, "LF alone after a size", `${CHUNKED}1\na\r\n0\r\n\r\n`),
  refused(400, "CR alone after a size", `${CHUNKED}1\ra\r\n0\r\n\r\n`),
  refused(400, "CR CR LF after a size", `${CHUNKED}1\r\r\na\r\n0\r\n\r\n`),
  refused(400, "NUL after a size", `${CHUNKED}1\0\r\na\r\n0\r\n\r\n`),
  refused(400, "an underscore in a size", `${CHUNKED}1_0\r\na\r\n0\r\n\r\n`),
  refused(400, "LF alone in an extension", `${CHUNKED}1;a\nb\r\na\r\n0\r\n\r\n`),
  refused(400, "CR alone in an extension", `${CHUNKED}1;a\rb\r\na\r\n0\r\n\r\n`),
  refused(400, "NUL in an extension", `${CHUNKED}1;a\0b\r\na\r\n0\r\n\r\n`),
  refused(400, "LF alone in a quoted extension", `${CHUNKED}1;a="\n"\r\na\r\n0\r\n\r\n`),
  refused(400, "LF alone after a chunk", `${CHUNKED}1\r\na\n0\r\n\r\n`),
  refused(400, "CR alone after a chunk", `${CHUNKED}1\r\na\r0\r\n\r\n`),
  refused(400, "nothing after a chunk", `${CHUNKED}1\r\na0\r\n\r\n`),
  refused(400, "a chunk longer than its size", `${CHUNKED}1\r\nab\r\n0\r\n\r\n`),
  refused(400, "an extension that is too long", `${CHUNKED}1;${"a".repeat(260)}\r\na\r\n0\r\n\r\n`),
  refused(
    400,
    "many short extensions that are together",
    `${CHUNKED}${"1;abcdefg\r\na\r\n".repeat(26)}0\r\n\r\n`,
  ),
  served(
    "many short extensions up to the limit",
    `${CHUNKED}${"1;abcdefg\r\na\r\n".repeat(25)}0\r\n\r\n`,
    `POST / ${"a".repeat(25)}`,
  ),
  refused(413, "a chunk over the limit", `${CHUNKED}65\r\n`),
  refused(413, "chunks that are together", `${CHUNKED}32\r\n${"a".repeat(50)}\r\n33\r\n`),
  refused(413, "a size over any number", `${CHUNKED}${"f".repeat(40)}\r\n`),
  refused(400, "a trailer with a space before the colon", `${CHUNKED}0\r\nA : b\r\n\r\n`),
  refused(400, "a trailer that is folded", `${CHUNKED}0\r\nA: b\r\n c\r\n\r\n`),
  refused(400, "LF alone after a trailer", `${CHUNKED}0\r\nA: b\n\r\n`),
  refused(400, "LF alone after the trailers", `${CHUNKED}0\r\n\n`),
  refused(400, "CR alone after the trailers", `${CHUNKED}0\r\n\r`),
  refused(400, "NUL in a trailer", `${CHUNKED}0\r\nA: b\0\r\n\r\n`),
  refused(431, "too many trailers", `${CHUNKED}0\r\n${"A: b\r\n".repeat(9)}\r\n`),
  refused(431, "trailers over the limit of bytes", `${CHUNKED}0\r\nA: ${"b".repeat(200)}\r\n\r\n`),
];

/** RFC 9112, section 9: the end of the connection. */
const PERSISTENCE: RequestCase[] = [
  {
    name: "several requests on a connection get their responses in order",
    input: `${GET}\r\n${POST}Content-Length: 1\r\n\r\na${CHUNKED}1\r\nb\r\n0\r\n\r\n${GET}\r\n`,
    requests: ["GET / ", "POST / a", "POST / b", "GET / "],
    statuses: [200, 200, 200, 200],
    ends: false,
  },
  {
    name: "Connection: close",
    input: `${GET}Connection: close\r\n\r\n${GET}\r\n`,
    requests: ["GET / "],
    statuses: [200],
    ends: true,
  },
  {
    name: "Connection: close in a list, in any case",
    input: `${GET}Connection: a, CLOSE\r\n\r\n${GET}\r\n`,
    requests: ["GET / "],
    statuses: [200],
    ends: true,
  },
  {
    name: "HTTP/1.0",
    input: `GET / HTTP/1.0\r\n\r\n${GET}\r\n`,
    requests: ["GET / "],
    statuses: [200],
    ends: true,
  },
  {
    name: "HTTP/1.0 with Connection: keep-alive",
    input: `GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n${GET}\r\n`,
    requests: ["GET / ", "GET / "],
    statuses: [200, 200],
    ends: false,
  },
  {
    name: "HTTP/1.0 with Connection: keep-alive and close",
    input: `GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n${GET}\r\n`,
    requests: ["GET / "],
    statuses: [200],
    ends: true,
  },
];

/** Every case. The limits are {@linkcode CASE_LIMITS}. */
export const CASES: RequestCase[] = [
  ...REQUEST_LINES,
  ...FIELDS,
  ...HOSTS,
  ...FRAMING,
  ...CHUNKS,
  ...PERSISTENCE,
];

/** The limits that the cases are written for. */
export const CASE_LIMITS = {
  maxRequestLineSize: 100,
  maxHeaderSize: 200,
  maxHeaderCount: 8,
  maxBodySize: 100,
};
