package dev.coracle.scheduler.spi;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What plugins leave for their later extension points in one pod's cycle. One thread's. */
public final class CycleState {

  private final Map<Class<?>, Object> left = new HashMap<>();

  public <T> void put(Class<T> type, T value) {
    left.put(type, value);
  }

  public <T> @Nullable T get(Class<T> type) {
    return type.cast(left.get(type));
  }
}
