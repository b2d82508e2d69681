package dev.coracle.kubelet.config;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GoDuration;
import dev.coracle.kubelet.config.EvictionThreshold.Amount;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * When pods are ended because the node runs short.
 *
 * @param thresholds hard and soft ones
 * @param pressureTransition how long the Node's conditions stay after a shortage
 * @param maxPodGraceSeconds what pods get at most when a soft threshold ends them
 */
public record EvictionOptions(
    List<EvictionThreshold> thresholds, Duration pressureTransition, long maxPodGraceSeconds) {

  /** Upstream's hard thresholds. */
  static final Map<String, String> HARD =
      Map.of(
          "memory.available", "100Mi",
          "nodefs.available", "10%",
          "nodefs.inodesFree", "5%",
          "imagefs.available", "15%",
          "imagefs.inodesFree", "5%");

  public static final Duration TRANSITION = Duration.ofMinutes(5);

  public static final EvictionOptions DEFAULT =
      of(HARD, Map.of(), Map.of(), Map.of(), TRANSITION, 0);

  public EvictionOptions {
    thresholds = List.copyOf(thresholds);
  }

  /**
   * Whoever names one hard threshold has no others, unless they are merged.
   *
   * @throws IllegalArgumentException in upstream's words
   */
  static EvictionOptions parse(JsonNode document) {
    Map<String, String> hard =
        new LinkedHashMap<>(ConfigFields.texts(document.path("evictionHard")));
    if (hard.isEmpty() || ConfigFields.flag(document, "mergeDefaultEvictionSettings", false)) {
      HARD.forEach(hard::putIfAbsent);
    }
    Map<String, Duration> grace = new LinkedHashMap<>();
    ConfigFields.texts(document.path("evictionSoftGracePeriod"))
        .forEach((signal, text) -> grace.put(signal, GoDuration.parse(text)));
    return of(
        hard,
        ConfigFields.texts(document.path("evictionSoft")),
        grace,
        ConfigFields.texts(document.path("evictionMinimumReclaim")),
        ConfigFields.period(document, "evictionPressureTransitionPeriod", TRANSITION),
        ConfigFields.number(document, "evictionMaxPodGracePeriod", 0, Integer.MAX_VALUE));
  }

  /**
   * By signals' names, as KubeletConfiguration has them.
   *
   * @throws IllegalArgumentException in upstream's words
   */
  static EvictionOptions of(
      Map<String, String> hard,
      Map<String, String> soft,
      Map<String, Duration> softGrace,
      Map<String, String> minimumReclaim,
      Duration pressureTransition,
      long maxPodGraceSeconds) {
    Map<EvictionSignal, Amount> reclaim = amounts(minimumReclaim);
    List<EvictionThreshold> all = new ArrayList<>();
    amounts(hard).forEach((signal, value) -> add(all, signal, value, Duration.ZERO, reclaim));
    softGrace.forEach((name, grace) -> {
      signal(name);
      if (grace.isNegative() || grace.isZero()) {
        throw new IllegalArgumentException(
            "invalid eviction grace period specified: " + grace + ", must be a positive value");
      }
    });
    amounts(soft)
        .forEach((signal, value) -> {
          Duration grace = softGrace.get(signal.text());
          if (grace == null) {
            throw new IllegalArgumentException(
                "grace period must be specified for the soft eviction threshold " + signal.text());
          }
          add(all, signal, value, grace, reclaim);
        });
    return new EvictionOptions(all, pressureTransition, maxPodGraceSeconds);
  }

  /** 0 % and 100 % turn a threshold off. */
  private static void add(
      List<EvictionThreshold> all,
      EvictionSignal signal,
      Amount value,
      Duration grace,
      Map<EvictionSignal, Amount> reclaim) {
    boolean off = value.percent() == 100 || value.percent() == 0 && value.quantity() == 0;
    if (!off && !signal.isContainerFs()) {
      all.add(
          new EvictionThreshold(signal, value, grace, reclaim.getOrDefault(signal, Amount.NONE)));
    }
  }

  private static Map<EvictionSignal, Amount> amounts(Map<String, String> texts) {
    Map<EvictionSignal, Amount> out = new LinkedHashMap<>();
    texts.forEach((name, text) -> {
      EvictionSignal signal = signal(name);
      out.put(signal, Amount.parse(signal, text));
    });
    return out;
  }

  private static EvictionSignal signal(String name) {
    return EvictionSignal.named(name)
        .orElseThrow(() -> new IllegalArgumentException("unsupported eviction signal " + name));
  }

  /**
   * With those of containers' writable layers: as the file system they lie on has them.
   *
   * @param onImageFs whether they lie with the images, else with the kubelet's files
   */
  public List<EvictionThreshold> withContainerFs(boolean onImageFs) {
    List<EvictionThreshold> all = new ArrayList<>(thresholds);
    for (EvictionThreshold t : thresholds) {
      switch (t.signal()) {
        case IMAGEFS_AVAILABLE -> addIf(all, onImageFs, t.at(EvictionSignal.CONTAINERFS_AVAILABLE));
        case IMAGEFS_INODES_FREE ->
            addIf(all, onImageFs, t.at(EvictionSignal.CONTAINERFS_INODES_FREE));
        case NODEFS_AVAILABLE -> addIf(all, !onImageFs, t.at(EvictionSignal.CONTAINERFS_AVAILABLE));
        case NODEFS_INODES_FREE ->
            addIf(all, !onImageFs, t.at(EvictionSignal.CONTAINERFS_INODES_FREE));
        case MEMORY_AVAILABLE, PID_AVAILABLE, CONTAINERFS_AVAILABLE, CONTAINERFS_INODES_FREE -> {}
      }
    }
    return all;
  }

  private static void addIf(List<EvictionThreshold> all, boolean wanted, EvictionThreshold t) {
    if (wanted) {
      all.add(t);
    }
  }
}
