package dev.coracle.cri;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class KernelLogTest {
  private static final String LINE =
      "[ 12.5] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,"
          + "oom_memcg=/kubepods/pod1,task_memcg=/kubepods/pod1/c0ffee,task=tail,pid=21122,uid=0";

  @Test
  void aKillIsOfTheContainerWhoseProcessItWas() {
    assertThat(KernelLog.tellsOfOom(Stream.of("x", LINE), "c0ffee")).isTrue();
    assertThat(KernelLog.tellsOfOom(Stream.of("x", LINE), "pod2")).isFalse();
    assertThat(KernelLog.tellsOfOom(Stream.of(LINE.replace("task_memcg", "other")), "c0ffee"))
        .isFalse();
    assertThat(KernelLog.tellsOfOom(Stream.of("c0ffee is mentioned"), "c0ffee")).isFalse();
  }
}
