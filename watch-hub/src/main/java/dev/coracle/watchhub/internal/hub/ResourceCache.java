package dev.coracle.watchhub.internal.hub;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.watchhub.config.HubOptions;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One resource: its current state and its history. Changed by the hub's feed alone, under this
 * object's lock (which an index in the making takes too); read by anybody without it.
 */
final class ResourceCache implements Selectable {

  /** Fewer objects than this are looked at one by one. */
  private static final int MANY = 500;

  /** Each costs a step at every change; further labels are looked for in all objects. */
  private static final int MAX_LABEL_INDEXES = 16;

  /** {@code pods/}: the folder below the root. */
  final String folder;

  /** Where its batches are published; empty until somebody uses the resource. */
  volatile String address = "";

  private final HubOptions options;
  private final LongAdder dispatched = new LongAdder();
  private final LongAdder initial = new LongAdder();
  private final AtomicLong answered = new AtomicLong();
  private long received;
  private volatile ResourceState state;
  private volatile RevisionRing ring;
  private volatile Map<String, Function<KubeObject, String>> fields = Map.of();

  ResourceCache(String folder, HubOptions options, long revision) {
    this.folder = folder;
    this.options = options;
    this.state = ResourceState.empty(revision);
    this.ring = newRing(state, revision);
  }

  private RevisionRing newRing(ResourceState from, long revision) {
    return new RevisionRing(
        options.maxEvents(),
        options.maxHistoryBytes(),
        options.retention().toNanos(),
        from,
        revision);
  }

  @Override
  public Map<String, Function<KubeObject, String>> fields() {
    return fields;
  }

  void fields(Map<String, Function<KubeObject, String>> selectable) {
    Map<String, Function<KubeObject, String>> others = new HashMap<>(selectable);
    others.keySet().removeAll(List.of(Filter.NAME, Filter.NAMESPACE));
    fields = Map.copyOf(others);
  }

  ResourceState state() {
    return state;
  }

  /** How many changes there were. */
  synchronized long received() {
    return received;
  }

  /** How many changes were given to watches. */
  long dispatched() {
    return dispatched.sum();
  }

  void dispatched(int events) {
    dispatched.add(events);
  }

  /** How many objects watches were told of at their beginning. */
  long initial() {
    return initial.sum();
  }

  void toldInitial() {
    initial.increment();
  }

  /** A write was acknowledged, perhaps before the feed has brought it. */
  void answered(long revision) {
    answered.accumulateAndGet(revision, Math::max);
  }

  /** The last write that was acknowledged here. */
  long answered() {
    return answered.get();
  }

  RevisionRing ring() {
    return ring;
  }

  /**
   * Begins anew with what a list found, in the order of the keys; whoever watched has missed
   * something.
   */
  synchronized void reset(List<StoredObject> objects, long revision) {
    OrderedTree<StoredObject> tree = OrderedTree.ofSorted(objects, o -> o.key);
    long bytes = objects.stream().mapToLong(StoredObject::size).sum();
    ResourceState fresh = new ResourceState(revision, tree, bytes, Map.of());
    state = fresh;
    ring = newRing(fresh, revision);
  }

  /**
   * Takes in one change and gives its event; null when a deletion found nothing to delete.
   *
   * @param written what the object was made from, where that is known
   */
  synchronized @Nullable HubEvent apply(
      String key,
      long revision,
      @Nullable StoredObject object,
      @Nullable ObjectNode written,
      long time) {
    ResourceState before = state;
    StoredObject previous = before.objects().get(key);
    if (object == null && previous == null || revision < before.revision()) {
      return null;
    }
    if (object != null && written != null) {
      object.object.wasWrittenFrom(
          written, Long.toString(revision), previous == null ? null : previous.object);
    }
    received++;
    ResourceState after = before.with(revision, key, previous, object, this);
    HubEvent event = new HubEvent(ring.head(), revision, key, object, previous, after, time);
    // The ring first: who sees the new state finds the event that made it.
    ring.append(event);
    state = after;
    return event;
  }

  /**
   * Makes the indexes that a filter can use where there are none yet, which costs a look at every
   * object: those of selectable fields always, those of labels up to a number, and only where there
   * are many objects.
   */
  void index(Filter filter) {
    for (Filter.Key key : filter.keys()) {
      boolean wanted =
          key.label()
              ? state.objects().size() >= MANY && labelIndexes() < MAX_LABEL_INDEXES
              : fields.containsKey(key.name());
      if (wanted) {
        index(key.index());
      }
    }
  }

  private long labelIndexes() {
    return state.indexes().keySet().stream().filter(k -> k.startsWith(ResourceState.LABEL)).count();
  }

  private void index(String name) {
    if (state.indexes().containsKey(name)) {
      return;
    }
    for (Iterator<StoredObject> all = state.objects().from(""); all.hasNext(); ) {
      all.next().facts(this); // outside of the lock: this is the slow part
    }
    synchronized (this) {
      if (!state.indexes().containsKey(name)) {
        state = state.withIndex(name, this);
      }
    }
  }
}
