package dev.coracle.kubelet.internal.eviction;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.kubelet.config.EvictionSignal;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Upstream's table of what lies where. */
class DiskPartsTest {

  @ParameterizedTest
  @CsvSource({
    "MEMORY_AVAILABLE,      true,  true,  false, false, false",
    "NODEFS_AVAILABLE,      false, true,  true,  true,  true",
    "IMAGEFS_AVAILABLE,     false, true,  true,  true,  true",
    "NODEFS_INODES_FREE,    true,  true,  false, false, true",
    "IMAGEFS_INODES_FREE,   true,  true,  true,  true,  false",
    "CONTAINERFS_AVAILABLE, true,  true,  true,  true,  false",
    "NODEFS_AVAILABLE,      true,  false, false, true,  true",
    "IMAGEFS_AVAILABLE,     true,  false, true,  false, false",
    "CONTAINERFS_AVAILABLE, true,  false, false, true,  true"
  })
  void onlyWhatLiesThereCounts(
      EvictionSignal signal,
      boolean ownImages,
      boolean layersWithImages,
      boolean images,
      boolean layers,
      boolean files) {
    assertThat(DiskParts.of(signal, ownImages, layersWithImages))
        .isEqualTo(new DiskParts(images, layers, files));
  }
}
