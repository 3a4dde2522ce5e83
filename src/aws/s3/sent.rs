//! Tells how much of a body was sent, while it is being sent.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use aws_sdk_s3::primitives::{ByteStream, SdkBody};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// A body in memory is one frame; it is handed on in pieces of this size, so that a bar moves.
const PIECE: usize = 256 * 1024;

/// Returns the body, and a receiver of the size of each piece that is sent. A repeated attempt tells its pieces again.
pub(super) fn counted(body: ByteStream) -> (ByteStream, UnboundedReceiver<u64>) {
    let (tell, told) = unbounded_channel();
    let count = move |body| SdkBody::from_body_1_x(Counted { body, left: Bytes::new(), tell: tell.clone() });
    (ByteStream::new(body.into_inner().map_preserve_contents(count)), told)
}

/// Makes a call, and calls `sent` with the size of each piece meanwhile.
pub(super) async fn telling<T>(
    call: impl Future<Output = T>,
    mut told: UnboundedReceiver<u64>,
    sent: &(dyn Fn(u64) + Sync),
) -> T {
    tokio::pin!(call);
    let result = loop {
        tokio::select! {
            result = &mut call => break result,
            Some(bytes) = told.recv() => sent(bytes),
        }
    };
    while let Ok(bytes) = told.try_recv() {
        sent(bytes);
    }
    result
}

/// A body that tells its pieces.
struct Counted {
    body: SdkBody,
    /// What is left of the last frame.
    left: Bytes,
    tell: UnboundedSender<u64>,
}

impl Body for Counted {
    type Data = Bytes;
    type Error = <SdkBody as Body>::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = self.get_mut();
        if this.left.is_empty() {
            match ready!(Pin::new(&mut this.body).poll_frame(cx)).map(|frame| frame.map(Frame::into_data)) {
                Some(Ok(Ok(data))) => this.left = data,
                Some(Ok(Err(other))) => return Poll::Ready(Some(Ok(other))),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
        let piece = this.left.split_to(PIECE.min(this.left.len()));
        this.tell.send(piece.len() as u64).ok(); // after the call, nobody listens
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn size_hint(&self) -> SizeHint {
        let left = self.left.len() as u64;
        self.body.size_hint().exact().map_or_else(SizeHint::default, |body| SizeHint::with_exact(left + body))
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::primitives::AggregatedBytes;

    use super::*;

    const BYTES: usize = 3 * PIECE + 1;

    #[tokio::test]
    async fn a_part_is_told_in_pieces_and_arrives_whole() {
        let data: Vec<u8> = (0..BYTES).map(|at| u8::try_from(at % 251).unwrap_or(0)).collect();
        let (body, mut told) = counted(ByteStream::from(data.clone()));
        assert_eq!(body.size_hint().1, Some(BYTES as u64), "the length is known before");
        let arrived = body.collect().await.map(AggregatedBytes::to_vec).ok();
        assert_eq!(arrived, Some(data));
        let pieces: Vec<u64> = std::iter::from_fn(|| told.try_recv().ok()).collect();
        assert_eq!((pieces.len(), pieces.iter().sum::<u64>()), (4, BYTES as u64));
    }

    #[test]
    fn a_body_in_memory_stays_one_that_can_be_signed_and_sent_again() {
        let body = counted(ByteStream::from(vec![7; BYTES])).0.into_inner();
        assert_eq!(body.bytes().map(<[u8]>::len), Some(BYTES));
        assert!(body.try_clone().is_some());
    }
}
