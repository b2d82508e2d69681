package dev.coracle.system.conformance;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What a pod knows of itself, as projected files. */
@Conformance
class ProjectedDownwardIT {

  @Test
  @DisplayName(
      "[sig-storage] Projected downwardAPI should provide container's cpu limit [Conformance]"
          + " [NodeConformance]")
  void limitsCpu(Space space) {
    DownwardFiles.PROJECTED.resource(space, "limits.cpu", "2", "1m", "1250");
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected downwardAPI should provide container's cpu request [Conformance]"
          + " [NodeConformance]")
  void requestsCpu(Space space) {
    DownwardFiles.PROJECTED.resource(space, "requests.cpu", "1", "1m", "250");
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected downwardAPI should provide container's memory limit [Conformance]"
          + " [NodeConformance]")
  void limitsMemory(Space space) {
    DownwardFiles.PROJECTED.resource(space, "limits.memory", "67108864", "1Mi", "64");
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected downwardAPI should provide container's memory request [Conformance]"
          + " [NodeConformance]")
  void requestsMemory(Space space) {
    DownwardFiles.PROJECTED.resource(space, "requests.memory", "33554432", "1Mi", "32");
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected downwardAPI should provide node allocatable (cpu) as default cpu"
          + " limit if the limit is not set [Conformance] [NodeConformance]")
  void defaultCpu(Space space) {
    DownwardFiles.PROJECTED.allocatable(space, "cpu");
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected downwardAPI should provide node allocatable (memory) as default"
          + " memory limit if the limit is not set [Conformance] [NodeConformance]")
  void defaultMemory(Space space) {
    DownwardFiles.PROJECTED.allocatable(space, "memory");
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected downwardAPI should provide podname only [Conformance]"
          + " [NodeConformance]")
  void podName(Space space) {
    DownwardFiles.PROJECTED.podName(space);
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected downwardAPI should set DefaultMode on files [LinuxOnly]"
          + " [Conformance] [NodeConformance]")
  void defaultMode(Space space) {
    DownwardFiles.PROJECTED.defaultMode(space);
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected downwardAPI should set mode on item file [LinuxOnly] [Conformance]"
          + " [NodeConformance]")
  void itemMode(Space space) {
    DownwardFiles.PROJECTED.itemMode(space);
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected downwardAPI should update annotations on modification [Conformance]"
          + " [NodeConformance]")
  void updateAnnotations(Space space) {
    DownwardFiles.PROJECTED.updatesAnnotations(space);
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected downwardAPI should update labels on modification [Conformance]"
          + " [NodeConformance]")
  void updateLabels(Space space) {
    DownwardFiles.PROJECTED.updatesLabels(space);
  }
}
