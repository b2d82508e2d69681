package dev.coracle.kubelet.internal.volume;

import dev.coracle.kubelet.internal.volume.VolumeManager.MountException.Failure;
import dev.coracle.kubelet.spi.CriException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What went wrong with the volumes of one pod, in the words of upstream's events: each volume that
 * cannot be set up is told by itself, claims that give no volume together.
 */
final class MountFailures {
  private static final String LATE = "timed out waiting for the condition";

  private final List<Failure> failures = new ArrayList<>();
  private final List<String> unprocessed = new ArrayList<>();
  private final List<String> reasons = new ArrayList<>();
  private final List<String> unattached = new ArrayList<>();
  private boolean exhausted;
  private boolean small;

  void add(String volume, Exception e) {
    String message = String.valueOf(e.getMessage());
    switch (e) {
      case VolumePlugin.MapException _ -> failures.add(new Failure("FailedMapVolume", message));
      case VolumePlugin.SetUpException _ -> failures.add(new Failure("FailedMount", message));
      case VolumePlugin.NotAttachedException waits -> {
        unattached.add(volume);
        exhausted |= waits.exhausted();
      }
      case VolumePlugin.GrowthException _ -> small = true;
      case VolumePlugin.ClaimException _ -> {
        unprocessed.add(volume);
        reasons.add(message);
      }
      default ->
          failures.add(
              new Failure(
                  "FailedMount",
                  "MountVolume.SetUp failed for volume \"" + volume + "\" : " + reason(e)));
    }
  }

  boolean isEmpty() {
    return failures.isEmpty() && unprocessed.isEmpty() && unattached.isEmpty() && !small;
  }

  /**
   * @param missing the volumes that do not stand
   * @param late whether that has been so for longer than a pod waits for its volumes
   */
  List<Failure> told(List<String> missing, boolean late) {
    List<Failure> all = new ArrayList<>(failures);
    if (!unprocessed.isEmpty()) {
      all.add(unable(missing, String.join("; ", reasons)));
    } else if (late) {
      all.add(unable(missing, LATE));
    }
    return all;
  }

  /** Why this node will not have the volumes; nothing as long as it may. */
  Optional<String> refused(List<String> missing, boolean late) {
    return late && exhausted ? Optional.of(state(missing, LATE)) : Optional.empty();
  }

  private Failure unable(List<String> missing, String why) {
    return new Failure("FailedMount", "Unable to attach or mount volumes: " + state(missing, why));
  }

  private String state(List<String> missing, String why) {
    return "unmounted volumes="
        + list(missing)
        + ", unattached volumes="
        + list(unattached)
        + ", failed to process volumes="
        + list(unprocessed)
        + ": "
        + why;
  }

  private static String list(List<String> names) {
    return "[" + String.join(" ", names) + "]";
  }

  static @Nullable String reason(Exception e) {
    return e instanceof CriException call ? call.describe() : e.getMessage();
  }
}
