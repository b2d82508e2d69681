package dev.coracle.client.internal.informer;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeList;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Status;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.WatchOptions;
import dev.coracle.client.Client;
import dev.coracle.client.Informer;
import dev.coracle.client.InformerOptions;
import dev.coracle.client.Lister;
import dev.coracle.client.SerialContext;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The list-and-watch loop. It lists, hands the difference to the handlers, and watches from the
 * list's revision; a watch that ends is taken up again from the last revision seen, at once if it
 * had lived a while, else with a growing, jittered delay (100 ms to 30 s); {@code 410} means list
 * again. Everything but {@link #lister()} and {@link #hasSynced()} happens on the context.
 *
 * <p>What it holds and hands out has no {@code metadata.managedFields}, as in upstream's
 * components: nobody who reads needs them, and a write without them leaves them as they are.
 *
 * <p>Back-pressure: at most {@value #BUFFER} events wait between the watch and the context.
 */
public final class CachedInformer implements Informer {

  private static final Logger LOG = LoggerFactory.getLogger(CachedInformer.class);
  private static final int BUFFER = 256;
  private static final Duration FIRST_DELAY = Duration.ofMillis(100);
  private static final Duration LONGEST_DELAY = Duration.ofSeconds(30);
  private static final long HEALTHY_NANOS = Duration.ofSeconds(5).toNanos();

  private final GroupVersionResource resource;
  private final InformerOptions options;
  private final Client client;
  private final SerialContext context;
  private final RandomGenerator random;
  private final ObjectCache cache = new ObjectCache();
  private final CompletableFuture<Void> synced = new CompletableFuture<>();

  // Owned by the context.
  private final List<Handler> handlers = new ArrayList<>();
  private boolean started;
  private volatile boolean stopped;
  private @Nullable Cancellable running;
  private SerialContext.@Nullable Timer retry;
  private String revision = "";
  private Duration delay = Duration.ZERO;

  /** With what the running watch said it ends. */
  private @Nullable Status failure;

  public CachedInformer(
      GroupVersionResource resource,
      InformerOptions options,
      Client client,
      SerialContext context,
      RandomGenerator random) {
    this.resource = resource;
    this.options = options;
    this.client = client;
    this.context = context;
    this.random = random;
  }

  @Override
  public Informer addIndex(String name, Function<KubeObject, Collection<String>> values) {
    cache.addIndex(name, values);
    return this;
  }

  @Override
  public Informer addIndex(String name) {
    return addIndex(name, ObjectCache.known(name));
  }

  @Override
  public Informer addHandler(Handler handler) {
    context.execute(() -> {
      handlers.add(handler);
      cache.list().forEach(object -> call(handler, h -> h.added(object)));
    });
    return this;
  }

  @Override
  public Uni<Void> start() {
    context.execute(() -> {
      if (!started && !stopped) {
        started = true;
        list();
      }
    });
    return Uni.createFrom().completionStage(synced);
  }

  @Override
  public Uni<Void> stop() {
    stopped = true;
    CompletableFuture<Void> done = new CompletableFuture<>();
    context.execute(() -> {
      if (running != null) {
        running.cancel();
        running = null;
      }
      if (retry != null) {
        retry.cancel();
      }
      synced.completeExceptionally(
          new IllegalStateException("the informer of " + resource + " was stopped"));
      done.complete(null);
    });
    return Uni.createFrom().completionStage(done);
  }

  @Override
  public boolean hasSynced() {
    return synced.isDone() && !synced.isCompletedExceptionally();
  }

  @Override
  public Lister lister() {
    return cache;
  }

  private void list() {
    if (stopped) {
      return;
    }
    running =
        Uni.createFrom()
            .deferred(() -> client.list(resource, options.namespace(), listOptions()))
            .emitOn(context)
            .subscribe()
            .with(this::replace, failure -> failed("list", failure, this::list));
  }

  private ListOptions listOptions() {
    return ListOptions.ALL.withLabels(options.labels()).withFields(options.fields());
  }

  private void replace(KubeList list) {
    if (stopped) {
      return;
    }
    delay = Duration.ZERO;
    revision = list.resourceVersion();
    Set<NamespacedName> gone = new HashSet<>(cache.keys());
    for (KubeObject whole : list.items()) {
      KubeObject object = whole.trimmed();
      gone.remove(object.key());
      put(object);
    }
    gone.forEach(key -> removed(key, null));
    synced.complete(null);
    watch();
  }

  private void watch() {
    if (stopped) {
      return;
    }
    long begun = context.nanoTime();
    running =
        Multi.createFrom()
            .deferred(() ->
                client.watch(
                    resource, options.namespace(), WatchOptions.after(listOptions(), revision)))
            .emitOn(context, BUFFER)
            .subscribe()
            .with(
                this::event,
                failure -> {
                  settle(begun);
                  failed("watch", failure, this::watch);
                },
                () -> {
                  settle(begun);
                  ended();
                });
  }

  /**
   * A watch that lived a while was a good one: the next trouble starts with a small delay again.
   */
  private void settle(long begun) {
    running = null;
    if (context.nanoTime() - begun > HEALTHY_NANOS) {
      delay = Duration.ZERO;
    }
  }

  private void event(WatchEvent event) {
    if (stopped) {
      return;
    }
    switch (event) {
      case WatchEvent.Added added -> changed(added.object());
      case WatchEvent.Modified modified -> changed(modified.object());
      case WatchEvent.Deleted deleted -> {
        KubeObject last = deleted.object().trimmed();
        revision = last.resourceVersion();
        removed(last.key(), last);
      }
      case WatchEvent.Bookmark bookmark -> revision = bookmark.resourceVersion();
      case WatchEvent.Failed failed -> failure = failed.status();
    }
  }

  private void ended() {
    Status why = failure;
    failure = null;
    if (why == null) {
      later(this::watch);
    } else {
      failed("watch", new StatusException(why), this::watch);
    }
  }

  private void failed(String verb, Throwable why, Runnable again) {
    if (stopped) {
      return;
    }
    if (StatusException.isExpired(why)) {
      later(this::list);
      return;
    }
    if (isNotServed(why)) {
      // There are no objects of a resource that is not served; it may come to be served.
      delay = LONGEST_DELAY;
      later(again);
      if (synced.complete(null)) {
        LOG.atInfo().addKeyValue("resource", resource.toString()).log("A resource is not served");
      }
      return;
    }
    later(again);
    LOG.atWarn()
        .addKeyValue("resource", resource.toString())
        .addKeyValue("verb", verb)
        .addKeyValue("retryInMillis", delay.toMillis())
        .addKeyValue("failure", why.toString())
        .log("An informer lost its API; it will try again");
  }

  private static boolean isNotServed(Throwable why) {
    return StatusException.isNotFound(why)
        || StatusException.is(why, StatusReason.METHOD_NOT_ALLOWED)
        || StatusException.is(why, StatusReason.NOT_IMPLEMENTED);
  }

  private void later(Runnable again) {
    if (stopped) {
      return;
    }
    Duration wait = delay.multipliedBy(50 + random.nextInt(100)).dividedBy(100);
    Duration doubled = delay.isZero() ? FIRST_DELAY : delay.multipliedBy(2);
    delay = doubled.compareTo(LONGEST_DELAY) > 0 ? LONGEST_DELAY : doubled;
    retry = context.schedule(wait, again);
  }

  private void changed(KubeObject whole) {
    KubeObject object = whole.trimmed();
    revision = object.resourceVersion();
    put(object);
  }

  private void put(KubeObject object) {
    KubeObject before = cache.put(object);
    if (before == null) {
      each(handler -> handler.added(object));
    } else if (!before.resourceVersion().equals(object.resourceVersion())) {
      each(handler -> handler.updated(before, object));
    }
  }

  private void removed(NamespacedName key, @Nullable KubeObject last) {
    KubeObject before = cache.remove(key);
    if (before != null) {
      KubeObject shown = last == null ? before : last;
      each(handler -> handler.deleted(shown));
    }
  }

  private void each(Consumer<Handler> call) {
    for (Handler handler : handlers) {
      call(handler, call);
    }
  }

  /** A handler's mistake is its own: the others and the store go on. */
  private void call(Handler handler, Consumer<Handler> call) {
    try {
      call.accept(handler);
    } catch (RuntimeException e) {
      LOG.atError()
          .addKeyValue("resource", resource.toString())
          .setCause(e)
          .log("A handler of an informer failed");
    }
  }
}
