package dev.coracle.apiserver.internal.registry;

import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import io.smallrye.mutiny.Uni;
import java.util.List;

/** Converts between versions by asking somebody else: not at once. */
public interface LateConversion {

  /**
   * @param objects of one resource, at least one, none of them in the wanted version
   * @return in the same order
   */
  Uni<List<KubeObject>> convert(List<KubeObject> objects, GroupVersionKind to);
}
