package dev.coracle.apiserver.internal.stream;

import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import org.jspecify.annotations.Nullable;

/** A page with its links rewritten as it passes; pauses and fails as the page does. */
final class RewrittenBody implements ReadStream<Buffer> {

  private final ReadStream<Buffer> page;
  private final HtmlLinks links;
  private @Nullable Handler<Buffer> handler;

  RewrittenBody(ReadStream<Buffer> page, HtmlLinks links) {
    this.page = page;
    this.links = links;
  }

  @Override
  public ReadStream<Buffer> handler(@Nullable Handler<Buffer> next) {
    handler = next;
    page.handler(next == null ? null : piece -> pass(links.feed(piece)));
    return this;
  }

  private void pass(Buffer piece) {
    Handler<Buffer> to = handler;
    if (to != null && piece.length() > 0) {
      to.handle(piece);
    }
  }

  @Override
  public ReadStream<Buffer> endHandler(@Nullable Handler<Void> end) {
    page.endHandler(
        end == null
            ? null
            : _ -> {
              pass(links.finish());
              end.handle(null);
            });
    return this;
  }

  @Override
  public ReadStream<Buffer> exceptionHandler(@Nullable Handler<Throwable> failed) {
    page.exceptionHandler(failed);
    return this;
  }

  @Override
  public ReadStream<Buffer> pause() {
    page.pause();
    return this;
  }

  @Override
  public ReadStream<Buffer> resume() {
    page.resume();
    return this;
  }

  @Override
  public ReadStream<Buffer> fetch(long amount) {
    page.fetch(amount);
    return this;
  }
}
