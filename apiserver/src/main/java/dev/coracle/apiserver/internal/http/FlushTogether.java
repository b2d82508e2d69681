package dev.coracle.apiserver.internal.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;

/**
 * Sends what an event loop writes in one go in full TLS records and few system calls: an event for
 * a thousand watches of one connection is a thousand writes, each with a flush of its own. Flushes
 * when a record's worth is written, else when the event loop has done what is due now.
 *
 * <p>Never holds back as much as makes a channel unwritable: Netty's HTTP/2 flow control learns of
 * a change of writability only after it, so it would miss one that is over by then, and streams
 * that saw it would wait for ever. Belongs to its channel's event loop.
 */
final class FlushTogether extends ChannelDuplexHandler {

  private static final int RECORD_BYTES = 16 << 10;

  private int written;
  private boolean due;

  @Override
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
    written += message instanceof ByteBuf bytes ? bytes.readableBytes() : RECORD_BYTES;
    context.write(message, promise);
  }

  @Override
  public void flush(ChannelHandlerContext context) {
    if (written >= RECORD_BYTES) {
      now(context);
    } else if (!due) {
      due = true;
      context
          .executor()
          .execute(() -> {
            if (due && !context.isRemoved()) {
              now(context);
            }
          });
    }
  }

  @Override
  public void close(ChannelHandlerContext context, ChannelPromise promise) {
    if (due) {
      now(context);
    }
    context.close(promise);
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    if (due) {
      now(context);
    }
  }

  private void now(ChannelHandlerContext context) {
    written = 0;
    due = false;
    context.flush();
  }
}
