package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request's objects in other versions, where a webhook had to be asked for them. What the object
 * was before the request is converted once; what it is to be, again whenever it was changed.
 */
public final class ShownVersions {

  private record Shown(ObjectNode of, ObjectNode converted) {}

  private final Map<GroupVersionKind, Shown> objects = new HashMap<>();
  private final Map<GroupVersionKind, ObjectNode> before = new HashMap<>();

  /** The object as it is now; null when it was not yet converted, or has changed since. */
  public @Nullable ObjectNode object(GroupVersionKind kind, ObjectNode now) {
    Shown shown = objects.get(kind);
    return shown == null || !shown.of().equals(now) ? null : shown.converted();
  }

  public @Nullable ObjectNode before(GroupVersionKind kind) {
    return before.get(kind);
  }

  /**
   * @param of what was converted; not changed any more
   */
  public void object(GroupVersionKind kind, ObjectNode of, ObjectNode converted) {
    objects.put(kind, new Shown(of, converted));
  }

  public void before(GroupVersionKind kind, ObjectNode converted) {
    before.put(kind, converted);
  }
}
