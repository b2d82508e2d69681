package dev.coracle.system.conformance;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What a pod knows of itself, as files. */
@Conformance
class DownwardVolumeIT {

  @Test
  @DisplayName(
      "[sig-storage] Downward API volume should provide container's cpu limit [Conformance]"
          + " [NodeConformance]")
  void limitsCpu(Space space) {
    DownwardFiles.PLAIN.resource(space, "limits.cpu", "2", "1m", "1250");
  }

  @Test
  @DisplayName(
      "[sig-storage] Downward API volume should provide container's cpu request [Conformance]"
          + " [NodeConformance]")
  void requestsCpu(Space space) {
    DownwardFiles.PLAIN.resource(space, "requests.cpu", "1", "1m", "250");
  }

  @Test
  @DisplayName(
      "[sig-storage] Downward API volume should provide container's memory limit [Conformance]"
          + " [NodeConformance]")
  void limitsMemory(Space space) {
    DownwardFiles.PLAIN.resource(space, "limits.memory", "67108864", "1Mi", "64");
  }

  @Test
  @DisplayName(
      "[sig-storage] Downward API volume should provide container's memory request [Conformance]"
          + " [NodeConformance]")
  void requestsMemory(Space space) {
    DownwardFiles.PLAIN.resource(space, "requests.memory", "33554432", "1Mi", "32");
  }

  @Test
  @DisplayName(
      "[sig-storage] Downward API volume should provide node allocatable (cpu) as default cpu limit"
          + " if the limit is not set [Conformance] [NodeConformance]")
  void defaultCpu(Space space) {
    DownwardFiles.PLAIN.allocatable(space, "cpu");
  }

  @Test
  @DisplayName(
      "[sig-storage] Downward API volume should provide node allocatable (memory) as default memory"
          + " limit if the limit is not set [Conformance] [NodeConformance]")
  void defaultMemory(Space space) {
    DownwardFiles.PLAIN.allocatable(space, "memory");
  }

  @Test
  @DisplayName(
      "[sig-storage] Downward API volume should provide podname only [Conformance]"
          + " [NodeConformance]")
  void podName(Space space) {
    DownwardFiles.PLAIN.podName(space);
  }

  @Test
  @DisplayName(
      "[sig-storage] Downward API volume should set DefaultMode on files [LinuxOnly] [Conformance]"
          + " [NodeConformance]")
  void defaultMode(Space space) {
    DownwardFiles.PLAIN.defaultMode(space);
  }

  @Test
  @DisplayName(
      "[sig-storage] Downward API volume should set mode on item file [LinuxOnly] [Conformance]"
          + " [NodeConformance]")
  void itemMode(Space space) {
    DownwardFiles.PLAIN.itemMode(space);
  }

  @Test
  @DisplayName(
      "[sig-storage] Downward API volume should update annotations on modification [Conformance]"
          + " [NodeConformance]")
  void updateAnnotations(Space space) {
    DownwardFiles.PLAIN.updatesAnnotations(space);
  }

  @Test
  @DisplayName(
      "[sig-storage] Downward API volume should update labels on modification [Conformance]"
          + " [NodeConformance]")
  void updateLabels(Space space) {
    DownwardFiles.PLAIN.updatesLabels(space);
  }
}
