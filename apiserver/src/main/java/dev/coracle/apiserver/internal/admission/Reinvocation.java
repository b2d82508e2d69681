package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whether mutating admission runs a second time, and for whom (Kubernetes docs, "Reinvocation
 * policy"). Belongs to one request; its plugins run one after the other.
 */
public final class Reinvocation {

  private final Map<String, Turns> turns = new HashMap<>();
  private boolean again;
  private boolean wanted;

  /** What one plugin remembers between the two runs. */
  public final class Turns {

    private Set<String> invoked = new HashSet<>();
    private final Set<String> wanting = new HashSet<>();
    private @Nullable ObjectNode left;

    /** Whether this is the second run. */
    public boolean isAgain() {
      return again;
    }

    /** Whether this one is to be called in the second run. */
    public boolean wants(String id) {
      return wanting.contains(id);
    }

    /** One that is to be called again when somebody changes the object after it. */
    public void invoked(String id) {
      invoked.add(id);
    }

    /** The object was changed: all that were invoked so far want to see it. */
    public void changed() {
      wantAll();
      wanted = true;
    }

    private void wantAll() {
      wanting.addAll(invoked);
      invoked = new HashSet<>();
    }

    public void leftAs(@Nullable ObjectNode object) {
      left = object == null ? null : object.deepCopy();
    }

    /** To be called before the second run: other plugins may have changed the object. */
    public void changedMeanwhile(@Nullable ObjectNode object) {
      if (left != null && !left.equals(object)) {
        wantAll();
      }
    }
  }

  public Turns of(String plugin) {
    return turns.computeIfAbsent(plugin, _ -> new Turns());
  }

  /** Whether the chain has to run again; true once at most. */
  boolean begin() {
    if (!wanted || again) {
      return false;
    }
    again = true;
    return true;
  }
}
