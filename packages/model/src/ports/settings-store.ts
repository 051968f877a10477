import type { SettingName, SettingScope, SettingsView, SettingValues } from '../settings.ts'

/** Who set something, and when it was set last. */
export interface LastChange {
  /** Login; null: Rondo itself. */
  readonly by: string | null
  readonly at: Date
}

/** What one scope sets, as administrators see and change it. */
export interface ScopedSettings extends SettingScope {
  /** `gh/ORG` or `gh/ORG/REPO`; null for the installation. */
  readonly slug: string | null
  readonly values: SettingValues
  /** Those that an administrator of the installation has set, of an organisation or a project. */
  readonly byInstallation: readonly SettingName[]
  /** Who set each of the values, and when; nothing is known of those of the oldest servers. */
  readonly changes: Readonly<Partial<Record<SettingName, LastChange>>>
}

/** Settings of the installation, of organisations and of projects. */
export interface SettingsStore {
  view(): Promise<SettingsView>
  /** What holds in an organisation; null: in none. */
  inOrganization(organizationId: string | null): Promise<SettingValues>
  /** Every scope that sets something, the installation first. */
  scopes(): Promise<readonly ScopedSettings[]>
  /**
   * Sets a value that was checked; undefined: what the wider scope says holds again. `byInstallation`, unless false: who sets it
   * administers the installation. AppError `forbidden` for others, where one of these has set it, here or for the organisation.
   */
  set(
    scope: SettingScope,
    name: SettingName,
    value: number | undefined,
    actorId: string | null,
    byInstallation?: boolean,
  ): Promise<void>
}
