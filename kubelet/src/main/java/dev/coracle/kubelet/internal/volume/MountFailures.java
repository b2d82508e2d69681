package dev.coracle.kubelet.internal.volume;

import dev.coracle.kubelet.internal.volume.VolumeManager.MountException.Failure;
import dev.coracle.kubelet.spi.CriException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What went wrong with the volumes of one pod, in the words of upstream's events: each volume that
 * cannot be set up is told by itself, claims that give no volume together.
 */
final class MountFailures {
  private final List<Failure> failures = new ArrayList<>();
  private final List<String> unprocessed = new ArrayList<>();
  private final List<String> reasons = new ArrayList<>();

  void add(String volume, Exception e) {
    String message = String.valueOf(e.getMessage());
    switch (e) {
      case VolumePlugin.MapException _ -> failures.add(new Failure("FailedMapVolume", message));
      case VolumePlugin.SetUpException _ -> failures.add(new Failure("FailedMount", message));
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
    return failures.isEmpty() && unprocessed.isEmpty();
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
      all.add(unable(missing, "timed out waiting for the condition"));
    }
    return all;
  }

  private Failure unable(List<String> missing, String why) {
    return new Failure(
        "FailedMount",
        "Unable to attach or mount volumes: unmounted volumes="
            + list(missing)
            + ", unattached volumes=[], failed to process volumes="
            + list(unprocessed)
            + ": "
            + why);
  }

  private static String list(List<String> names) {
    return "[" + String.join(" ", names) + "]";
  }

  static @Nullable String reason(Exception e) {
    return e instanceof CriException call ? call.describe() : e.getMessage();
  }
}
