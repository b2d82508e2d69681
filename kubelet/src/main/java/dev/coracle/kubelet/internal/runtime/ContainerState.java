package dev.coracle.kubelet.internal.runtime;

import dev.coracle.cri.v1.ContainerStatus;
import dev.coracle.cri.v1.LinuxContainerResources;
import dev.coracle.cri.v1.LinuxContainerUser;
import dev.coracle.cri.v1.Signal;
import java.util.Map;
import java.util.Optional;

/**
 * A container as the runtime reports it. Times are nanoseconds since the epoch, zero for never.
 *
 * @param user whom its first process runs as; empty where the runtime does not say
 * @param stopSignal empty for the runtime's default
 * @param resources what the kernel holds it to; empty where the runtime does not say
 * @param sandboxId empty where the runtime does not say
 * @param turn the restart of all of its pod's containers that it was made for ({@link
 *     RestartAll#since}); where it does not say, when it was made
 * @param hash what {@link dev.coracle.kubelet.internal.pod.ContainerSpec#hash()} was at its
 *     creation
 */
public record ContainerState(
    String id,
    String name,
    String sandboxId,
    State state,
    long createdAt,
    long turn,
    long startedAt,
    long finishedAt,
    int exitCode,
    String reason,
    String message,
    String image,
    String imageRef,
    int restartCount,
    String hash,
    String logPath,
    String terminationPath,
    String terminationPolicy,
    Optional<LinuxContainerUser> user,
    String stopSignal,
    Optional<LinuxContainerResources> resources) {

  public enum State {
    CREATED,
    RUNNING,
    EXITED,
    UNKNOWN
  }

  public boolean isRunning() {
    return state == State.RUNNING;
  }

  public boolean isExited() {
    return state == State.EXITED;
  }

  static ContainerState of(String sandboxId, ContainerStatus s) {
    Map<String, String> notes = s.getAnnotationsMap();
    return new ContainerState(
        s.getId(),
        s.getLabelsMap().getOrDefault(Labels.CONTAINER_NAME, s.getMetadata().getName()),
        sandboxId,
        switch (s.getState()) {
          case CONTAINER_CREATED -> State.CREATED;
          case CONTAINER_RUNNING -> State.RUNNING;
          case CONTAINER_EXITED -> State.EXITED;
          case CONTAINER_UNKNOWN, UNRECOGNIZED -> State.UNKNOWN;
        },
        s.getCreatedAt(),
        turn(notes.get(Labels.TURN), s.getCreatedAt()),
        s.getStartedAt(),
        s.getFinishedAt(),
        s.getExitCode(),
        s.getReason(),
        s.getMessage(),
        s.getImage().getImage(),
        s.getImageId().isEmpty() || !s.getImageRef().isEmpty() ? s.getImageRef() : s.getImageId(),
        number(notes.get(Labels.RESTART_COUNT), s.getMetadata().getAttempt()),
        notes.getOrDefault(Labels.HASH, ""),
        s.getLogPath(),
        notes.getOrDefault(Labels.TERMINATION_PATH, ""),
        notes.getOrDefault(Labels.TERMINATION_POLICY, "File"),
        s.getUser().hasLinux() ? Optional.of(s.getUser().getLinux()) : Optional.empty(),
        s.getStopSignal() == Signal.RUNTIME_DEFAULT
            ? ""
            : s.getStopSignal().name().replace("PLUS", "+").replace("SIGRTMAXMINUS", "SIGRTMAX-"),
        s.getResources().hasLinux() ? Optional.of(s.getResources().getLinux()) : Optional.empty());
  }

  private static long turn(@org.jspecify.annotations.Nullable String text, long otherwise) {
    try {
      return text == null ? otherwise : Long.parseLong(text);
    } catch (NumberFormatException e) {
      return otherwise;
    }
  }

  private static int number(@org.jspecify.annotations.Nullable String text, int otherwise) {
    try {
      return text == null ? otherwise : Integer.parseInt(text);
    } catch (NumberFormatException e) {
      return otherwise;
    }
  }
}
