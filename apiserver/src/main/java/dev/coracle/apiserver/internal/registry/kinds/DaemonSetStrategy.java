package dev.coracle.apiserver.internal.registry.kinds;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GoText;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.schema.Decoder;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.registry.KindStrategy;

/**
 * DaemonSets count the changes of their template in an annotation, which was a field before {@code
 * apps/v1}; nobody but the server sets it.
 */
public final class DaemonSetStrategy implements KindStrategy {

  static final String GENERATION = "deprecated.daemonset.template.generation";

  private static final GroupVersionKind KIND = new GroupVersionKind("apps", "v1", "DaemonSet");

  /**
   * @throws StatusException {@code BadRequest}, where the annotation is no number of 64 bits
   */
  @Override
  public void decoded(ObjectNode object) {
    String text = object.path("metadata").path("annotations").path(GENERATION).asText("0");
    try {
      set(object, Long.parseLong(text));
    } catch (NumberFormatException wrong) {
      throw Decoder.unfit(KIND, GoText.notAnInteger(text));
    }
  }

  @Override
  public void prepareForCreate(ObjectNode object, Call call) {
    object.putObject("status");
    set(object, Math.max(1, of(object)));
  }

  @Override
  public void prepareForUpdate(ObjectNode now, KubeObject before, Call call) {
    long old = of(before.tree());
    boolean same = now.path("spec").path("template").equals(before.at("spec", "template"));
    set(now, same ? old : old + 1);
  }

  private static long of(ObjectNode object) {
    return object.path("metadata").path("annotations").path(GENERATION).asLong(0);
  }

  private static void set(ObjectNode object, long generation) {
    object
        .withObjectProperty("metadata")
        .withObjectProperty("annotations")
        .put(GENERATION, Long.toString(generation));
  }
}
