package dev.coracle.kubelet.server.internal.stream;

import io.vertx.core.buffer.Buffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Cuts one link into slices of two channels each: slice n has the link's channels 2n and 2n+1 as
 * its 0 and 1. The link closes when every slice has closed.
 */
final class ChannelSlices {
  private static final int WIDTH = 2;

  private final ChannelLink link;
  private final Slice[] slices;
  private final Runnable onFinished;
  private int open;
  private boolean finished;

  ChannelSlices(ChannelLink link, int count, Runnable onFinished) {
    this.link = link;
    this.onFinished = onFinished;
    this.open = count;
    this.slices = new Slice[count];
    Arrays.setAll(slices, Slice::new);
  }

  ChannelLink slice(int index) {
    return slices[index];
  }

  void start() {
    link.start(
        new ChannelLink.Listener() {
          @Override
          public void data(int channel, Buffer bytes) {
            Slice slice = of(channel);
            if (slice != null) {
              slice.received(channel % WIDTH, bytes);
            }
          }

          @Override
          public void ended(int channel) {
            Slice slice = of(channel);
            if (slice != null && slice.listener != null) {
              slice.listener.ended(channel % WIDTH);
            }
          }

          @Override
          public void drained() {
            for (Slice slice : slices) {
              if (slice.listener != null) {
                slice.listener.drained();
              }
            }
          }

          @Override
          public void closed(@Nullable Throwable cause) {
            over(cause);
          }

          @Override
          public void gone() {
            over(null);
          }
        });
  }

  private @Nullable Slice of(int channel) {
    return channel >= 0 && channel / WIDTH < slices.length ? slices[channel / WIDTH] : null;
  }

  private void over(@Nullable Throwable cause) {
    if (finished) {
      return;
    }
    finished = true;
    for (Slice slice : slices) {
      slice.over(cause);
    }
    link.close();
    onFinished.run();
  }

  private final class Slice implements ChannelLink {
    private final int base;
    private @Nullable Listener listener;
    private boolean closed;
    // What comes while the runtime's side is not connected yet; then the socket is paused.
    private Buffer early = Buffer.buffer();

    Slice(int index) {
      this.base = index * WIDTH;
    }

    void received(int channel, Buffer bytes) {
      Listener l = listener;
      if (closed) {
        return;
      }
      if (l != null) {
        l.data(channel, bytes);
      } else if (channel == Channels.DATA) {
        early = early.appendBuffer(bytes);
        link.pause(base);
      }
    }

    void over(@Nullable Throwable cause) {
      Listener l = listener;
      if (l != null && !closed) {
        closed = true;
        l.closed(cause);
      }
      closed = true;
    }

    @Override
    public void start(Listener l) {
      if (closed) {
        l.closed(null);
        return;
      }
      listener = l;
      Buffer first = early;
      early = Buffer.buffer();
      if (first.length() > 0) {
        l.data(Channels.DATA, first);
        link.resume(base);
      }
    }

    @Override
    public void send(int channel, Buffer bytes) {
      if (!closed) {
        link.send(base + channel, bytes);
      }
    }

    @Override
    public void end(int channel) {
      link.end(base + channel);
    }

    @Override
    public boolean writeQueueFull(int channel) {
      return link.writeQueueFull(base + channel);
    }

    @Override
    public void pause(int channel) {
      link.pause(base + channel);
    }

    @Override
    public void resume(int channel) {
      link.resume(base + channel);
    }

    @Override
    public void close() {
      if (!closed) {
        closed = true;
        link.resume(base);
        if (--open == 0) {
          ChannelSlices.this.over(null);
        }
      }
    }
  }
}
