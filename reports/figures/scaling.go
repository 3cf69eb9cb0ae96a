package figures

// ScalingLines say what the fit says; none when there is none.
func (r *Report) ScalingLines() []string {
	if s := r.Run.Scaling(); s != nil {
		return s.Lines()
	}
	return nil
}
