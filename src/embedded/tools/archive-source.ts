import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { extract } from 'tar';
import { ToolSourceError } from './errors.ts';
import { fetchFile } from './fetch-file.ts';
import type { Source, ToolPlatform } from './tool.ts';

export interface ArchiveAsset {
  /** A .tar.gz of the project's own release page. */
  url: string;
  /** Checked against a real download by whoever adds the asset; an unverified pin is not added. */
  sha256: string;
  /** Path of the program inside the archive. */
  program: string;
}

/** The project's own release archive, pinned by checksum, for the platforms that are listed. */
export function releaseArchive(assets: { readonly [platform: ToolPlatform]: ArchiveAsset }): Source {
  return {
    description: 'official release archive',
    origin: 'download',
    async fetch({ into, platform, onProgress }) {
      const asset = assets[platform];
      if (!asset) throw new ToolSourceError(`no pinned archive for ${platform}`);
      onProgress(`downloading ${asset.url}`);
      const file = join(into, 'archive.tar.gz');
      await fetchFile(asset.url, file, { sha256: asset.sha256, onProgress });
      await extract({ file, cwd: into });
      await rm(file);
      return { program: asset.program };
    },
  };
}
