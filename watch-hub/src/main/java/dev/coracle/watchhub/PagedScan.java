package dev.coracle.watchhub;

import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * A scan by lists, page by page at one revision, for storages that have nothing better. While one
 * page is taken in, the next is on its way.
 */
final class PagedScan {

  private static final int PAGE = 10_000;

  private final Storage storage;
  private final String prefix;
  private final StoredReader reader;

  PagedScan(Storage storage, String prefix, StoredReader reader) {
    this.storage = storage;
    this.prefix = prefix;
    this.reader = reader;
  }

  Uni<Long> from(long revision) {
    return page(storage.list(prefix, "", PAGE, revision));
  }

  private Uni<Long> page(Uni<Range> asked) {
    return asked.chain(range -> {
      List<KeyValue> items = range.items();
      CompletableFuture<Range> next =
          range.more()
              ? storage
                  .list(prefix, items.getLast().key(), PAGE, range.revision())
                  .subscribeAsCompletionStage()
              : null;
      items.forEach(kv -> reader.take(kv.key(), kv.modRevision(), new InHeap(kv.value())));
      return next == null
          ? Uni.createFrom().item(range.revision())
          : page(Uni.createFrom().completionStage(next));
    });
  }

  private record InHeap(byte[] bytes) implements StoredReader.Value {
    @Override
    public int length() {
      return bytes.length;
    }

    @Override
    public void copyTo(byte[] target, int at) {
      System.arraycopy(bytes, 0, target, at, bytes.length);
    }
  }
}
