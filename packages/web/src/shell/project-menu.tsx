import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { api } from '../shared/api.ts'

/** The projects at the side; on a narrow screen a sheet that any choice closes. */
export function ProjectMenu(props: {
  /** Who administers the installation finds the way to its page. */
  readonly admin: boolean
  readonly open: boolean
  readonly close: () => void
  readonly showKeys: () => void
}) {
  const projects = useQuery({ queryKey: ['projects'], queryFn: api.projects })
  const { org, repo } = useParams({ strict: false })
  return (
    <nav
      className={props.open ? 'side open' : 'side'}
      aria-label="Projects"
      onClick={props.close}
      onKeyUp={(event) => event.key === 'Escape' && props.close()}
    >
      <Link to="/" className="side-link" activeOptions={{ exact: true }}>
        All pipelines
      </Link>
      <h2>Projects</h2>
      {projects.data?.projects.map((project) => (
        <Link
          key={project.id}
          to="/project/$vcs/$org/$repo"
          params={{ vcs: 'gh', org: project.organizationName, repo: project.name }}
          className={project.organizationName === org && project.name === repo ? 'side-link active' : 'side-link'}
        >
          <span className="quiet">{project.organizationName}/</span>
          {project.name}
        </Link>
      ))}
      {projects.data?.projects.length === 0 && <p className="side-empty">None yet</p>}
      <span className="spring" />
      {props.admin && (
        <Link to="/admin" className="side-link">
          Administration
        </Link>
      )}
      <button type="button" className="quiet-button keys-button" onClick={props.showKeys}>
        <kbd>?</kbd> Keys
      </button>
    </nav>
  )
}
