//! As much of HTTP/1.1 as the SDKs, boto3 and ministack speak.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use serde_json::Value;

use super::upstream::REGION;

/// A request or an answer: its first line, its headers, its body.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// The request line, or the status line.
    pub(crate) first_line: String,
    /// In the order they came.
    pub(crate) headers: Vec<(String, String)>,
    /// Whole, without the framing of chunks.
    pub(crate) body: Vec<u8>,
}

impl Message {
    /// A request without headers.
    pub(crate) fn request(method: &str, target: &str, body: Vec<u8>) -> Self {
        Self { first_line: format!("{method} {target} HTTP/1.1"), headers: Vec::new(), body }
    }

    /// An answer without headers.
    pub(crate) fn answer(status: u16, body: Vec<u8>) -> Self {
        Self { first_line: format!("HTTP/1.1 {status} Answer"), headers: Vec::new(), body }
    }

    /// An answer whose body is JSON.
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::answer(status, body.to_string().into_bytes()).with_header("Content-Type", "application/json")
    }

    pub(crate) fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// As the key `test` signs a call of this service, for all that ministack looks at.
    pub(crate) fn signed(self, service: &str) -> Self {
        let scope = format!("AWS4-HMAC-SHA256 Credential=test/20260101/{REGION}/{service}/aws4_request");
        self.with_header("Authorization", &format!("{scope}, SignedHeaders=host, Signature=0"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(crate) fn remove_header(&mut self, name: &str) {
        self.headers.retain(|(key, _)| !key.eq_ignore_ascii_case(name));
    }

    /// A word of the request line.
    pub(crate) fn word(&self, number: usize) -> &str {
        self.first_line.split(' ').nth(number).unwrap_or_default()
    }

    /// The status of an answer.
    pub(crate) fn status(&self) -> u16 {
        self.word(1).parse().unwrap_or(0)
    }

    /// Whether an answer says that the call was done.
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status())
    }

    /// The body as JSON; null where it is none.
    pub(crate) fn document(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Changes the body where it is JSON.
    pub(crate) fn edit(&mut self, change: impl FnOnce(&mut Value)) {
        let mut document = self.document();
        if !document.is_null() {
            change(&mut document);
            self.body = document.to_string().into_bytes();
        }
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

/// Sends a request on a connection of its own. HTTP/1.0: the answer is not chunked, and ends where the
/// connection does.
pub(crate) fn send(address: &str, request: &Message) -> std::io::Result<Message> {
    let mut server = TcpStream::connect(address)?;
    server.set_nodelay(true)?;
    let head = format!("{} {} HTTP/1.0\r\n{}", request.word(0), request.word(1), request.lasting_headers());
    let head = format!("{head}Content-Length: {}\r\n\r\n", request.body.len());
    server.write_all(&[head.as_bytes(), &request.body].concat())?;
    let mut reader = BufReader::new(server);
    let mut answer = read_head(&mut reader)?.ok_or(std::io::ErrorKind::UnexpectedEof)?;
    reader.read_to_end(&mut answer.body)?;
    Ok(answer)
}

/// Listens on a loopback port of its own, with a thread for each connection; the result is its URL. The threads end with
/// the process.
pub(crate) fn listen(serve: impl Fn(&TcpStream) -> std::io::Result<()> + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serve = Arc::new(serve);
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let serve = Arc::clone(&serve);
            // A connection that breaks is the client's to notice.
            thread::spawn(move || drop(serve(&connection)));
        }
    });
    url
}

/// Answers the requests of a connection, until there are no more or one of them gets no answer.
pub(crate) fn serve(client: &TcpStream, mut answer: impl FnMut(Message) -> Option<Message>) -> std::io::Result<()> {
    client.set_nodelay(true)?;
    let mut reader = BufReader::new(client);
    while let Some(request) = read_request(client, &mut reader)? {
        // Its client waits for the end of the connection.
        let is_last = request.first_line.ends_with("HTTP/1.0");
        let method = request.word(0).to_owned();
        let Some(answer) = answer(request) else { break };
        write_answer(client, &method, &answer)?;
        if is_last {
            break;
        }
    }
    Ok(())
}

/// Reads the next request of a connection; `None` where it ends instead.
fn read_request(client: &TcpStream, reader: &mut impl BufRead) -> std::io::Result<Option<Message>> {
    let Some(mut request) = read_head(reader)? else { return Ok(None) };
    if request.header("expect").is_some() {
        let mut client = client;
        client.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    request.body = read_body(reader, &request)?;
    Ok(Some(request))
}

/// Answers a request of this method.
fn write_answer(mut client: &TcpStream, method: &str, answer: &Message) -> std::io::Result<()> {
    // The answer to HEAD tells the length of a body that it does not have.
    let told = answer.header("content-length").filter(|_| method == "HEAD").map(str::to_owned);
    let length = told.unwrap_or_else(|| answer.body.len().to_string());
    let status = answer.first_line.split_once(' ').map_or("502", |(_, status)| status);
    let head = format!("HTTP/1.1 {status}\r\n{}Content-Length: {length}\r\n\r\n", answer.lasting_headers());
    let body: &[u8] = if method == "HEAD" { &[] } else { &answer.body };
    client.write_all(&[head.as_bytes(), body].concat())
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
        let read = reader.take(length).read_to_end(&mut body)?;
        if read as u64 != length {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
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
