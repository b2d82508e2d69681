package dev.coracle.kubelet.real;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Third bytes of the pods' subnets: no two runtimes of a JVM share one, those of two hardly ever.
 */
public final class Subnets {
  private static final int FIRST = 10;
  private static final int COUNT = 240;
  private static final AtomicInteger NEXT =
      new AtomicInteger(ThreadLocalRandom.current().nextInt(COUNT));

  private Subnets() {}

  public static int next() {
    return FIRST + Math.floorMod(NEXT.getAndIncrement(), COUNT);
  }
}
