package dev.coracle.apiserver.internal.registry.kinds;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.patch.ResetFields;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.registry.KindStrategy;
import java.util.Set;

/**
 * Kinds that run Pods.
 *
 * @param countsAnnotations whether a changed annotation bumps the generation
 */
public record WorkloadStrategy(boolean countsAnnotations, String defaultPropagation)
    implements KindStrategy {

  public static final WorkloadStrategy PLAIN = new WorkloadStrategy(false, "Background");
  public static final WorkloadStrategy DEPLOYMENT = new WorkloadStrategy(true, "Background");

  /** ReplicationControllers leave their Pods behind unless told otherwise. */
  public static final WorkloadStrategy CONTROLLER = new WorkloadStrategy(false, "Orphan");

  private static final Set<String> LABELS = Set.of("labels");
  private static final ResetFields SPEC_AND_LABELS = ResetFields.of("spec", "metadata.labels");

  @Override
  public String countedMetadata() {
    return countsAnnotations ? "annotations" : "";
  }

  /** A Deployment's revision comes with its status; its labels do not. */
  @Override
  public Set<String> keptMetadata(String subresource) {
    return countsAnnotations && subresource.equals("status") ? LABELS : Set.of();
  }

  @Override
  public ResetFields resetFields(String subresource) {
    return countsAnnotations && subresource.equals("status")
        ? SPEC_AND_LABELS
        : KindStrategy.super.resetFields(subresource);
  }

  @Override
  public void prepareForCreate(ObjectNode object, Call call) {
    object.putObject("status");
  }
}
