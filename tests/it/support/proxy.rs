//! Passes HTTP on to ministack, and remembers every call.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// One call as the program made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// The HTTP method.
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    /// Bytes of its body.
    pub(crate) sent_bytes: usize,
    /// The status of its answer.
    pub(crate) status: u16,
}

impl Call {
    /// A request to the API's endpoint itself, as its users make it.
    pub(crate) fn is_to_endpoint(&self) -> bool {
        self.target.contains("/_user_request_")
    }

    /// Whether it changes anything in AWS.
    pub(crate) fn is_write(&self) -> bool {
        !self.is_to_endpoint() && !matches!(self.method.as_str(), "GET" | "HEAD")
    }
}

/// A recording proxy on a loopback port of its own. Its threads end with the process.
pub(crate) struct Proxy {
    /// For `AWS_ENDPOINT_URL`.
    pub(crate) endpoint: String,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Proxy {
    /// Listens, and passes on to `upstream`, a URL of the form `http://address`.
    pub(crate) fn start(upstream: &str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let upstream = upstream.strip_prefix("http://").unwrap().to_owned();
        let calls = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&calls);
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (upstream, log) = (upstream.clone(), Arc::clone(&log));
                // A connection that breaks is the client's to notice.
                thread::spawn(move || drop(serve(&connection, &upstream, &log)));
            }
        });
        Self { endpoint, calls }
    }

    /// The calls so far, in the order of their answers.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    /// Takes the calls so far out of the record.
    pub(crate) fn take_calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.calls.lock().unwrap())
    }
}

/// A request or an answer: its first line, its headers, its body.
struct Message {
    first_line: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Message {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The headers that do not belong to one connection alone; the length is written anew.
    fn lasting_headers(&self) -> String {
        const OF_THE_CONNECTION: [&str; 5] =
            ["connection", "keep-alive", "transfer-encoding", "expect", "content-length"];
        let is_lasting = |name: &str| !OF_THE_CONNECTION.contains(&name.to_lowercase().as_str());
        let lasting = self.headers.iter().filter(|(name, _)| is_lasting(name));
        lasting.flat_map(|(name, value)| [name, ": ", value, "\r\n"]).collect()
    }
}

fn serve(mut client: &TcpStream, upstream: &str, log: &Mutex<Vec<Call>>) -> std::io::Result<()> {
    client.set_nodelay(true)?;
    let mut reader = BufReader::new(client);
    while let Some(mut request) = read_head(&mut reader)? {
        if request.header("expect").is_some() {
            client.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        request.body = read_body(&mut reader, &request)?;
        let mut words = request.first_line.split(' ').map(str::to_owned);
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let answer = answer(&method, &target, &request, upstream)?;
        let status = answer.first_line.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        log.lock().unwrap().push(Call { method: method.clone(), target, sent_bytes: request.body.len(), status });
        write_answer(client, &method, &answer)?;
        if request.first_line.ends_with("HTTP/1.0") {
            // Its client waits for the end of the connection.
            break;
        }
    }
    Ok(())
}

fn answer(method: &str, target: &str, request: &Message, upstream: &str) -> std::io::Result<Message> {
    if method == "DELETE" && target.ends_with("/cache/data") {
        // FlushStageCache, which ministack does not know.
        return Ok(Message { first_line: "HTTP/1.1 202 Accepted".to_owned(), headers: Vec::new(), body: Vec::new() });
    }
    let mut server = TcpStream::connect(upstream)?;
    // HTTP/1.0: the answer is not chunked, and ends where the connection does.
    let head = format!("{method} {target} HTTP/1.0\r\n{}", request.lasting_headers());
    write!(server, "{head}Content-Length: {}\r\n\r\n", request.body.len())?;
    server.write_all(&request.body)?;
    let mut reader = BufReader::new(server);
    let mut answer = read_head(&mut reader)?.ok_or(std::io::ErrorKind::UnexpectedEof)?;
    reader.read_to_end(&mut answer.body)?;
    Ok(answer)
}

fn write_answer(mut client: &TcpStream, method: &str, answer: &Message) -> std::io::Result<()> {
    // The answer to HEAD tells the length of a body that it does not have.
    let told = answer.header("content-length").filter(|_| method == "HEAD").map(str::to_owned);
    let length = told.unwrap_or_else(|| answer.body.len().to_string());
    let status = answer.first_line.split_once(' ').map_or("502", |(_, status)| status);
    let head = format!("HTTP/1.1 {status}\r\n{}Content-Length: {length}\r\n\r\n", answer.lasting_headers());
    client.write_all(&[head.as_bytes(), &answer.body].concat())
}

/// Reads up to the empty line; `None` where the connection ends instead.
fn read_head(reader: &mut impl BufRead) -> std::io::Result<Option<Message>> {
    let first_line = read_line(reader)?;
    if first_line.is_empty() {
        return Ok(None);
    }
    let mut headers = Vec::new();
    while let Some((name, value)) = read_line(reader)?.split_once(':') {
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    Ok(Some(Message { first_line, headers, body: Vec::new() }))
}

fn read_line(reader: &mut impl BufRead) -> std::io::Result<String> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}

fn read_body(reader: &mut impl BufRead, request: &Message) -> std::io::Result<Vec<u8>> {
    let mut body = Vec::new();
    if let Some(length) = request.header("content-length").and_then(|length| length.parse().ok()) {
        reader.take(length).read_to_end(&mut body)?;
    } else if request.header("transfer-encoding").is_some() {
        read_chunks(reader, &mut body)?;
    }
    Ok(body)
}

fn read_chunks(reader: &mut impl BufRead, body: &mut Vec<u8>) -> std::io::Result<()> {
    loop {
        let size = u64::from_str_radix(&read_line(reader)?, 16).map_err(std::io::Error::other)?;
        reader.take(size).read_to_end(body)?;
        // After the last chunk this is the end of the message: the SDKs send no trailers with plain chunks.
        read_line(reader)?;
        if size == 0 {
            return Ok(());
        }
    }
}
